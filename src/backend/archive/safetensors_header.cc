#include "backend/archive/safetensors_header.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <limits>
#include <nlohmann/json.hpp>
#include <utility>

#include "support/error.h"
#include "support/file_descriptor.h"
#include "support/json_parsing.h"
#include "support/printable.h"

namespace deepcache_gen {
namespace {

using Json = nlohmann::json;

constexpr std::uint64_t kLargestHeader = 100'000'000;  // the format's own
// A whole SDXL checkpoint has some 2500 tensors of about ten values each.
constexpr JsonBounds kHeaderBounds{.values = 2'000'000, .keys = 100'000};
constexpr const char* kMetadata = "__metadata__";

const std::map<std::string, std::uint64_t>& dtype_bytes() {
  static const std::map<std::string, std::uint64_t> bytes{
      {"BOOL", 1}, {"U8", 1},  {"I8", 1},  {"F8_E5M2", 1}, {"F8_E4M3", 1}, {"F8_E8M0", 1},
      {"I16", 2},  {"U16", 2}, {"F16", 2}, {"BF16", 2},    {"I32", 4},     {"U32", 4},
      {"F32", 4},  {"F64", 8}, {"I64", 8}, {"U64", 8},     {"C64", 8}};
  return bytes;
}

[[noreturn]] void refuse(const std::string& what) {
  throw Error("is no safetensors file, or not all of one: " + what + "; download or save it again");
}
[[noreturn]] void refuse_tensor(const std::string& name, const std::string& what) {
  refuse("its tensor '" + shortened(name) + "' " + what);
}

std::vector<std::uint64_t> whole_numbers(const std::string& name, const Json& tensor, const char* field) {
  const auto found = tensor.find(field);
  std::vector<std::uint64_t> numbers;
  if (found == tensor.end() || !found->is_array()) refuse_tensor(name, std::string("has no list '") + field + "'");
  for (const Json& number : *found) {
    if (!number.is_number_unsigned()) refuse_tensor(name, std::string("has another than a whole number in ") + field);
    numbers.push_back(number.get<std::uint64_t>());
  }
  return numbers;
}

// `left` is what all the bytes may be, so that no product overflows.
std::uint64_t bytes_of(const std::string& name, std::uint64_t each, const std::vector<std::uint64_t>& sizes,
                       std::uint64_t left) {
  if (std::find(sizes.begin(), sizes.end(), 0) != sizes.end()) return 0;
  std::uint64_t bytes = each;
  for (const std::uint64_t size : sizes) {
    if (size > left / bytes) refuse_tensor(name, "has a shape of more numbers than the file has");
    bytes *= size;
  }
  return bytes;
}

StoredTensor stored_tensor(const std::string& name, const Json& json, std::uint64_t data_bytes) {
  if (!json.is_object() || json.size() != 3)
    refuse_tensor(name, "is described by other than dtype, shape, data_offsets");
  const auto dtype = json.find("dtype");
  if (dtype == json.end() || !dtype->is_string()) refuse_tensor(name, "has no text 'dtype'");
  const auto known = dtype_bytes().find(dtype->get<std::string>());
  if (known == dtype_bytes().end()) {
    refuse_tensor(name, "has the dtype '" + shortened(dtype->get<std::string>()) + "', which is none of the format's");
  }
  const std::vector<std::uint64_t> sizes = whole_numbers(name, json, "shape");
  const std::vector<std::uint64_t> offsets = whole_numbers(name, json, "data_offsets");
  if (offsets.size() != 2 || offsets[0] > offsets[1] || offsets[1] > data_bytes) {
    refuse_tensor(name, "has data_offsets that lie outside of the file");
  }
  StoredTensor tensor{known->first, {}, offsets[0], offsets[1] - offsets[0]};
  if (bytes_of(name, known->second, sizes, data_bytes) != tensor.bytes) {
    refuse_tensor(name, "has another number of bytes than its shape and dtype take");
  }
  for (const std::uint64_t size : sizes) {
    if (size > std::numeric_limits<std::int64_t>::max()) refuse_tensor(name, "has a size beyond 64 bits");
    tensor.sizes.push_back(static_cast<std::int64_t>(size));
  }
  return tensor;
}

std::map<std::string, std::string> metadata_of(const Json& json) {
  std::map<std::string, std::string> metadata;
  if (!json.is_object()) refuse(std::string(kMetadata) + " is no object of texts");
  for (const auto& [name, text] : json.items()) {
    if (!text.is_string()) refuse(std::string(kMetadata) + ": '" + shortened(name) + "' is no text");
    metadata.emplace(name, text.get<std::string>());
  }
  return metadata;
}

void require_without_holes(const SafetensorsHeader& header, std::uint64_t data_bytes) {
  std::vector<std::pair<std::string, StoredTensor>> tensors(header.tensors.begin(), header.tensors.end());
  std::sort(tensors.begin(), tensors.end(), [](const auto& a, const auto& b) {
    return std::pair(a.second.first, a.second.bytes) < std::pair(b.second.first, b.second.bytes);
  });
  std::uint64_t end = 0;
  for (const auto& [name, tensor] : tensors) {
    if (tensor.first != end) refuse_tensor(name, "overlaps another, or there is a hole before it");
    end += tensor.bytes;
  }
  if (end != data_bytes) {
    refuse("its tensors take " + std::to_string(end) + " bytes, and after the header it has " +
           std::to_string(data_bytes));
  }
}

Json header_json(std::string_view text) {
  if (!text.starts_with('{')) refuse("its header is no JSON object");
  try {
    return parse_json<Json>(std::string(text), kHeaderBounds);
  } catch (const Error& error) {
    refuse(std::string("its header ") + error.what());
  }
}

// `bytes` more of a file. Fewer are an error: the file was cut short meanwhile.
void append_from(const FileDescriptor& fd, std::uint64_t bytes, std::string& to) {
  const std::size_t end = to.size() + static_cast<std::size_t>(bytes);
  std::size_t done = to.size();
  to.resize(end);
  while (done < end) {
    const ssize_t count = ::read(fd.number(), to.data() + done, end - done);
    if (count == 0) refuse("it ends in its header");
    if (count < 0 && errno != EINTR) throw Error(std::string("cannot be read: ") + std::strerror(errno));
    done += static_cast<std::size_t>(std::max<ssize_t>(count, 0));
  }
}

std::uint64_t size_of_regular(const FileDescriptor& fd) {
  struct stat status {};
  if (fd.number() < 0 || ::fstat(fd.number(), &status) != 0) {
    throw Error(std::string("cannot be read: ") + std::strerror(errno));
  }
  if (!S_ISREG(status.st_mode)) throw Error("is no regular file");
  return static_cast<std::uint64_t>(status.st_size);
}

SafetensorsHeader read_header_of(const FileDescriptor& fd) {
  const std::uint64_t file_size = size_of_regular(fd);
  std::string start;
  append_from(fd, std::min<std::uint64_t>(kSafetensorsStart, file_size), start);
  append_from(fd, safetensors_header_size(start, file_size) - start.size(), start);
  return parse_safetensors_header(start, file_size);
}

}  // namespace

std::uint64_t safetensors_header_size(std::string_view start, std::uint64_t file_size) {
  if (start.size() < kSafetensorsStart) refuse("it has " + std::to_string(file_size) + " bytes");
  std::uint64_t length = 0;
  for (std::size_t i = kSafetensorsStart; i-- > 0;) length = length << 8 | static_cast<std::uint8_t>(start[i]);
  if (length > kLargestHeader || length > file_size - kSafetensorsStart) {
    refuse("it begins with the number " + std::to_string(length) + ", which is no length of a header in a file of " +
           std::to_string(file_size) + " bytes");
  }
  return kSafetensorsStart + length;
}

SafetensorsHeader parse_safetensors_header(std::string_view start, std::uint64_t file_size) {
  const std::uint64_t size = safetensors_header_size(start, file_size);
  if (size > start.size()) refuse("it ends in its header");
  SafetensorsHeader header{{}, {}, size};
  const std::size_t length = static_cast<std::size_t>(size) - kSafetensorsStart;
  const Json json = header_json(start.substr(kSafetensorsStart, length));
  for (const auto& [name, value] : json.items()) {
    if (name == kMetadata) {
      header.metadata = metadata_of(value);
    } else {
      header.tensors.emplace(name, stored_tensor(name, value, file_size - size));
    }
  }
  require_without_holes(header, file_size - size);
  return header;
}

SafetensorsHeader read_safetensors_header(const std::filesystem::path& file) {
  try {
    // Opening a pipe would wait for who writes to it.
    return read_header_of(FileDescriptor(::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)));
  } catch (const Error& error) {
    throw Error(file.string() + ": " + error.what());
  }
}

}  // namespace deepcache_gen
