#include "fuzzing.h"

#include <cstdio>
#include <cstdlib>
#include <fstream>

#include "support/error.h"
#include "support/printable.h"

namespace deepcache_gen {

std::string as_text(const std::uint8_t* data, std::size_t size) { return {reinterpret_cast<const char*>(data), size}; }

std::vector<std::string> split_input(const std::uint8_t* data, std::size_t size, std::size_t count) {
  std::string_view rest(reinterpret_cast<const char*>(data), size);
  std::vector<std::string> parts;
  while (parts.size() + 1 < count) {
    const std::size_t end = rest.find('\f');
    parts.emplace_back(rest.substr(0, end));
    rest = end == std::string_view::npos ? "" : rest.substr(end + 1);
  }
  parts.emplace_back(rest);
  return parts;
}

FuzzFolder::FuzzFolder() {
  std::string name = std::filesystem::temp_directory_path() / "deepcache-gen-fuzz-XXXXXX";
  require(::mkdtemp(name.data()) != nullptr, "the temporary folder can be written");
  path_ = name;
}

FuzzFolder::~FuzzFolder() {
  std::error_code error;
  std::filesystem::remove_all(path_, error);
}

std::filesystem::path FuzzFolder::write(const std::string& name, std::string_view content) const {
  const std::filesystem::path file = path_ / name;
  std::ofstream(file, std::ios::binary) << content;
  return file;
}

bool takes(const std::function<void()>& work) {
  try {
    work();
    return true;
  } catch (const Error& error) {
    require(!has_control_characters(printable(error.what())), "a message that is printed controls no terminal");
    return false;
  }
}

void require(bool holds, const char* promise) {
  if (holds) return;
  std::fprintf(stderr, "broken promise: %s\n", promise);
  std::abort();
}

}  // namespace deepcache_gen
