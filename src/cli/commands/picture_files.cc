#include "cli/commands/picture_files.h"

#include <utility>

#include "cli/output/existing_picture.h"
#include "support/atomic_file.h"
#include "support/error.h"

namespace deepcache_gen {

PictureFiles::PictureFiles(const OutputOptions& options, ModelIdentity model)
    : resume_(options.resume), overwrite_(options.overwrite), model_(std::move(model)) {}

bool PictureFiles::is_made(const Picture& picture) const {
  const Existing existing = look_for(picture, model_);
  if (existing == Existing::same && resume_) return true;
  if (existing == Existing::different && !overwrite_) {
    throw UsageError("--output '" + picture.file.string() +
                     "': is there and holds something else; choose another name, or give --overwrite to replace it");
  }
  require_writable(picture.file);
  return false;
}

void PictureFiles::require_free(const std::string& flag, const std::filesystem::path& file) const {
  std::error_code error;
  if (std::filesystem::exists(file, error) && !overwrite_)
    throw UsageError(flag + " '" + file.string() +
                     "': is there already; choose another folder, or give --overwrite to replace it");
  require_writable(file);
}

}  // namespace deepcache_gen
