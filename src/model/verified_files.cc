#include "model/verified_files.h"

#include <algorithm>
#include <fstream>
#include <nlohmann/json.hpp>

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

// As the files of today's caches have it.
std::string entry(const std::string& sha256, const FileState& state) {
  return sha256 + " " + std::to_string(state.size) + " " + std::to_string(state.inode) + " " +
         std::to_string(state.modified.count()) + " " + std::to_string(state.changed.count());
}

}  // namespace

VerifiedFiles::VerifiedFiles(const std::filesystem::path& folder) : record_(record_of(folder)) {
  if (record_) entries_ = read_entries(*record_);
}

bool VerifiedFiles::contain(const std::string& name, const std::string& sha256, const FileState& state) const {
  const auto found = entries_.find(name);
  return found != entries_.end() && found->second == entry(sha256, state);
}

void VerifiedFiles::add(const std::string& name, const std::string& sha256, const FileState& state,
                        std::chrono::nanoseconds now) {
  if (std::max(state.modified, state.changed) + std::chrono::seconds(2) > now) return;
  entries_[name] = entry(sha256, state);
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
