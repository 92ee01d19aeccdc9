#include "pipeline/kept_tuning.h"

#include <algorithm>
#include <cctype>
#include <string>
#include <system_error>

#include "support/error.h"
#include "support/user_folder.h"

namespace deepcache_gen {
namespace {

constexpr std::size_t kDigits = 16, kLongestNameOfFile = 60;

// A model's name is a stranger's.
std::string name_for_file(std::string name) {
  name.resize(std::min(name.size(), kLongestNameOfFile));
  const auto is_plain = [](unsigned char c) { return c < 0x80 && (std::isalnum(c) != 0 || c == '-' || c == '_'); };
  std::replace_if(
      name.begin(), name.end(), [&](char c) { return !is_plain(static_cast<unsigned char>(c)); }, '_');
  return name;
}

bool is_there(const std::filesystem::path& file) {
  std::error_code none;
  return std::filesystem::exists(file, none);
}

std::optional<std::filesystem::path> tuned_file(const ModelInfo& model) {
  const std::optional<std::filesystem::path> own = tuned_file_of_user(model);
  if (own && is_there(*own)) return own;
  const std::filesystem::path beside = tuned_file_of_model(model);
  return is_there(beside) ? std::optional(beside) : std::nullopt;
}

std::shared_ptr<const TunedCaching> read_tuning(const ModelInfo& model) {
  const std::optional<std::filesystem::path> file = tuned_file(model);
  if (!file) return nullptr;
  auto tuned = std::make_shared<const TunedCaching>(read_tuned_caching(*file));
  if (model.file_of(kUNet).is_same_as(tuned->unet_sha256)) return tuned;
  throw Error(file->string() + ": was tuned with another UNet than model " + model.name +
              " has; run deepcache-gen tune again, or delete it");
}

}  // namespace

std::filesystem::path tuned_file_of_model(const ModelInfo& model) { return model.folder / "tuned.json"; }

std::optional<std::filesystem::path> tuned_file_of_user(const ModelInfo& model) {
  const std::optional<std::filesystem::path> folder = user_folder("XDG_DATA_HOME", ".local/share");
  if (!folder) return {};
  return *folder / "tuned" /
         (name_for_file(model.name) + "-" + model.file_of(kUNet).sha256.substr(0, kDigits) + ".json");
}

std::shared_ptr<const TunedCaching> KeptTuning::of(const ModelInfo& model) {
  const auto found = by_folder_.find(model.folder);
  if (found != by_folder_.end()) return found->second;
  return by_folder_.emplace(model.folder, read_tuning(model)).first->second;
}

}  // namespace deepcache_gen
