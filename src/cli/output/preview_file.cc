#include "cli/output/preview_file.h"

#include <algorithm>
#include <utility>

#include "image/png_texts.h"
#include "support/atomic_file.h"
#include "support/error.h"

namespace deepcache_gen {
namespace {

const PngText kMark{"Software", "deepcache-gen --preview"};

bool is_preview(const std::filesystem::path& file) {
  const std::optional<std::vector<PngText>> texts = read_png_texts(file);
  return texts && std::find(texts->begin(), texts->end(), kMark) != texts->end();
}

}  // namespace

PreviewFile::PreviewFile(std::filesystem::path file, bool overwrite) : file_(std::move(file)) {
  if (std::filesystem::is_regular_file(file_) && !overwrite && !is_preview(file_)) {
    throw UsageError("--preview '" + file_.string() +
                     "': is there and is no preview; choose another name, or give --overwrite to replace it");
  }
  require_writable(file_);
}

void PreviewFile::replace(const Image& preview) const { write_file_atomically(file_, encode_png(preview, {kMark})); }

}  // namespace deepcache_gen
