#include "adapters/stored_numbers.h"

#include <fstream>
#include <optional>

#include "backend/archive/float_numbers.h"
#include "support/error.h"

namespace deepcache_gen {

std::map<std::string, double> stored_numbers(const std::filesystem::path& file, const SafetensorsHeader& header,
                                             const std::vector<std::string>& names) {
  std::map<std::string, double> numbers;
  std::ifstream stream(file, std::ios::binary);
  for (const std::string& name : names) {
    const StoredTensor& tensor = header.tensors.at(name);
    const std::optional<std::size_t> each = float_bytes(tensor.dtype);
    if (!each || tensor.bytes != *each) continue;
    std::string bytes(*each, '\0');
    stream.seekg(static_cast<std::streamoff>(header.size + tensor.first));
    stream.read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    if (!stream) throw Error(file.string() + ": cannot be read; was it changed meanwhile?");
    numbers.emplace(name, read_floats(tensor.dtype, bytes).front());
  }
  return numbers;
}

}  // namespace deepcache_gen
