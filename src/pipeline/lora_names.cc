#include "pipeline/lora_names.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <system_error>
#include <vector>

#include "support/closest_name.h"
#include "support/error.h"
#include "support/option_value.h"

namespace deepcache_gen {
namespace {

namespace fs = std::filesystem;

constexpr const char* kExtension = ".safetensors";
// Of a folder that was named by mistake, such as the root, not all is looked through.
constexpr int kMostEntries = 100000;

bool is_plain(const std::string& name) {
  const auto is_control = [](unsigned char c) { return c < ' ' || c == 0x7F; };
  if (name.empty() || std::any_of(name.begin(), name.end(), is_control)) return false;
  const fs::path path = name;
  return path.is_relative() &&
         std::none_of(path.begin(), path.end(), [](const fs::path& part) { return part == ".."; });
}

// By their paths in the folder, in order.
std::vector<fs::path> files_in(const std::string& flag, const fs::path& folder) {
  std::vector<fs::path> files;
  std::error_code error;
  fs::recursive_directory_iterator entry(folder, fs::directory_options::skip_permission_denied, error);
  for (int count = 0; !error && entry != fs::recursive_directory_iterator(); entry.increment(error)) {
    if (++count > kMostEntries)
      throw UsageError(flag, flag + " '" + folder.string() + "': holds more than " + std::to_string(kMostEntries) +
                                 " files and folders; name a smaller folder");
    std::error_code ignored;
    if (entry->path().extension() == kExtension && entry->is_regular_file(ignored))
      files.push_back(entry->path().lexically_relative(folder));
  }
  if (error) throw UsageError(flag, flag + " '" + folder.string() + "': can't be read: " + error.message());
  std::sort(files.begin(), files.end());
  return files;
}

bool is_called(const fs::path& file, const std::string& name) {
  const fs::path without = fs::path(file).replace_extension();
  return file == name || without == name || file.filename() == name || without.filename() == name;
}

[[noreturn]] void refuse_unknown(const std::string& flag, const std::string& what, const std::string& name,
                                 const fs::path& folder, const std::vector<fs::path>& files) {
  std::vector<std::string> names;
  for (const fs::path& file : files) names.push_back(file.stem().string());
  const std::string closest = closest_name(name, names);
  throw UsageError(flag, what + ": there is no " + quoted(name) + " in '" + folder.string() + "'" +
                             (closest.empty() ? "; it holds " + std::to_string(files.size()) + " .safetensors files"
                                              : "; did you mean '" + closest + "'?"));
}

}  // namespace

NamedLora read_named_lora(const std::string& text) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string::npos) return {text};
  const char *const first = text.data() + colon + 1, *const end = text.data() + text.size();
  double weight = 0;
  const auto [stop, problem] = std::from_chars(first, end, weight);
  const bool is_number = stop == end && first != end;
  if (!is_number) return {text};
  // What is out of range is a number, too: whoever looks at it refuses it.
  return {text.substr(0, colon), problem == std::errc() ? weight : HUGE_VAL};
}

fs::path find_lora(const std::string& flag, const std::string& what, const std::string& name, const fs::path& folder) {
  if (!is_plain(name))
    throw UsageError(flag, what + ": " + quoted(name) + " is no name of a file in '" + folder.string() +
                               "'; give it without .. and control characters");
  const std::vector<fs::path> files = files_in(flag, folder);
  std::vector<fs::path> found;
  for (const fs::path& file : files) {
    if (file == name || fs::path(file).replace_extension() == name) return folder / file;
    if (is_called(file, name)) found.push_back(file);
  }
  if (found.empty()) refuse_unknown(flag, what, name, folder, files);
  if (found.size() == 1) return folder / found.front();
  throw UsageError(flag, what + ": " + quoted(name) + " may be '" + found[0].string() + "' or '" + found[1].string() +
                             "' in '" + folder.string() + "'; write which");
}

}  // namespace deepcache_gen
