#include "model/verified_files.h"

#include <sys/stat.h>

#include <algorithm>
#include <chrono>
#include <fstream>
#include <nlohmann/json.hpp>
#include <utility>

#include "support/atomic_file.h"
#include "support/error.h"
#include "support/json_parsing.h"
#include "support/json_text.h"
#include "support/user_folder.h"

namespace deepcache_gen {
namespace {

using Entries = std::map<std::string, std::string>;

// The tree below it mirrors where model folders lie.
std::optional<std::filesystem::path> record_of(const std::filesystem::path& folder) {
  const auto cache = user_folder("XDG_CACHE_HOME", ".cache");
  std::error_code error;
  const std::filesystem::path path = std::filesystem::canonical(folder, error);
  if (!cache || error) return {};
  return *cache / "verified" / path.relative_path() / "files.json";
}

Entries read_entries(const std::filesystem::path& record) {
  try {
    std::ifstream stream(record);
    return parse_json<nlohmann::json>(stream).get<Entries>();
  } catch (const Error&) {
    return {};  // no JSON
  } catch (const nlohmann::json::exception&) {
    return {};  // another kind of JSON
  }
}

std::chrono::nanoseconds since_epoch(const timespec& time) {
  return std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
}

std::string entry(const std::string& sha256, const std::string& state) { return sha256 + " " + state; }

}  // namespace

VerifiedFiles::VerifiedFiles(std::filesystem::path folder) : folder_(std::move(folder)), record_(record_of(folder_)) {
  if (record_) entries_ = read_entries(*record_);
}

bool VerifiedFiles::contain(const std::string& name, const std::string& sha256) const {
  const auto found = entries_.find(name);
  const std::optional<std::string> state = settled_state(name);
  return found != entries_.end() && state && found->second == entry(sha256, *state);
}

std::optional<std::string> VerifiedFiles::settled_state(const std::string& name) const {
  struct stat status {};
  if (::stat((folder_ / name).c_str(), &status) != 0) return {};
  const auto modified = since_epoch(status.st_mtim), changed = since_epoch(status.st_ctim);
  const std::chrono::nanoseconds now = std::chrono::system_clock::now().time_since_epoch();
  if (std::max(modified, changed) + std::chrono::seconds(2) > now) return {};
  return std::to_string(status.st_size) + " " + std::to_string(status.st_ino) + " " + std::to_string(modified.count()) +
         " " + std::to_string(changed.count());
}

void VerifiedFiles::add(const std::string& name, const std::string& sha256, const std::optional<std::string>& state) {
  if (!state || settled_state(name) != state) return;
  entries_[name] = entry(sha256, *state);
  has_news_ = true;
}

void VerifiedFiles::save() const {
  if (!record_ || !has_news_) return;
  const std::string text = json_text(nlohmann::json(entries_)) + "\n";
  try {
    const auto* const first = reinterpret_cast<const std::uint8_t*>(text.data());
    write_file_atomically(*record_, {first, text.size()});
  } catch (const Error&) {
    // The next run reads the files again.
  }
}

}  // namespace deepcache_gen
