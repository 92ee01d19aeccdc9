#include "cli/options/configured_flags.h"

#include <cctype>
#include <cstdlib>

#include "support/error.h"
#include "support/interrupted.h"
#include "support/printable.h"

namespace deepcache_gen {
namespace {

bool goes_on_a_word(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '-' || c == '_'; }

// As a whole word: --batch does not stand in --batch-size.
bool has_word(const std::string& text, const std::string& word) {
  for (std::size_t at = text.find(word); at != std::string::npos; at = text.find(word, at + 1)) {
    const std::size_t end = at + word.size();
    if (end == text.size() || !goes_on_a_word(text[end])) return true;
  }
  return false;
}

bool is_about(const std::string& message, const std::string& flag, const std::string& value) {
  if (has_word(message, flag)) return true;
  const bool is_path = value.find('/') != std::string::npos;
  return !value.empty() && message.find(is_path ? value : "'" + value + "'") != std::string::npos;
}

}  // namespace

std::string shown_path(const std::filesystem::path& file) {
  const char* const home = std::getenv("HOME");
  const std::string path = printable(file.string());
  const std::string start = home != nullptr && *home != '\0' ? std::string(home) + "/" : "";
  return !start.empty() && path.starts_with(start) ? "~/" + path.substr(start.size()) : path;
}

std::string with_origin(const std::string& message, const ConfiguredFlags& configured) {
  if (configured.values.empty() || message.find(configured.file.string()) != std::string::npos) return message;
  std::string keys;
  int count = 0;
  for (const auto& [flag, value] : configured.values) {
    if (!is_about(message, flag, value)) continue;
    keys += (keys.empty() ? "" : " and ") + flag.substr(2);
    ++count;
  }
  if (keys.empty()) return message;
  return message + " (" + keys + (count == 1 ? " is" : " are") + " set in " + configured.file.string() + ")";
}

void tell_origins(const ConfiguredFlags& configured, const std::function<void()>& work) {
  try {
    work();
  } catch (const NoMoreOutput&) {
    throw;
  } catch (const Interrupted&) {
    throw;
  } catch (const UsageError& error) {
    throw UsageError(with_origin(error.what(), configured));
  } catch (const Error& error) {
    throw Error(with_origin(error.what(), configured));
  }
}

}  // namespace deepcache_gen
