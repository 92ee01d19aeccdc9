// --save-latents: whatever shapes and values come, the .npy file is an array that NumPy reads. The program reads none.
#include <cstdio>
#include <cstring>
#include <fstream>
#include <iterator>

#include "cli/output/latents_file.h"
#include "fuzzing.h"

namespace deepcache_gen {
namespace {

// Three bytes for the shape, then the values, in turns.
Latents read_latents(const std::uint8_t* data, std::size_t size) {
  Latents latents;
  if (size < 3) return latents;
  latents = {data[0] % 9, data[1] % 9, data[2] % 9, {}};
  latents.values.resize(static_cast<std::size_t>(latents.channels * latents.height * latents.width));
  std::size_t position = 3;
  for (float& value : latents.values) {
    std::uint8_t bytes[sizeof value];
    for (std::uint8_t& byte : bytes) byte = position < size ? data[position++] : 0;
    std::memcpy(&value, bytes, sizeof value);
  }
  return latents;
}

void require_array(const std::filesystem::path& file, int count, const Latents& latents) {
  std::ifstream stream(file, std::ios::binary);
  const std::string bytes{std::istreambuf_iterator<char>(stream), {}};
  require(bytes.starts_with(std::string_view("\x93NUMPY\1\0", 8)), "the magic bytes");
  const std::size_t header = 10 + static_cast<unsigned char>(bytes[8]) + 256U * static_cast<unsigned char>(bytes[9]);
  require(header % 64 == 0 && bytes[header - 1] == '\n', "an aligned header");
  int shape[4]{};
  const int found =
      std::sscanf(bytes.c_str() + 10, "{'descr': '<f4', 'fortran_order': False, 'shape': ( %d, %d, %d, %d), }",
                  &shape[0], &shape[1], &shape[2], &shape[3]);
  require(found == 4 && shape[0] == count && shape[1] == latents.channels && shape[2] == latents.height &&
              shape[3] == latents.width,
          "the shape");
  const std::size_t size = latents.values.size() * sizeof(float);
  require(bytes.size() == header + static_cast<std::size_t>(count) * size, "no value more or less");
  const std::string values(reinterpret_cast<const char*>(latents.values.data()), size);
  for (std::size_t begin = header; begin < bytes.size(); begin += size)
    require(bytes.compare(begin, size, values) == 0, "the values");
}

}  // namespace
}  // namespace deepcache_gen

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace deepcache_gen;
  static const FuzzFolder folder;
  const std::filesystem::path path = folder.path() / "latents.npy";
  const Latents latents = read_latents(data, size);
  LatentsFile file(path);
  for (int count = 1; count <= 2; ++count) {
    file.add(latents);
    require_array(path, count, latents);
  }
  return 0;
}
