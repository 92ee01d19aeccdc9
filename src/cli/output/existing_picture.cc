#include "cli/output/existing_picture.h"

#include "cli/output/picture_settings.h"
#include "image/png_texts.h"

namespace deepcache_gen {

Existing look_for(const Picture& picture, const ModelIdentity& model) {
  std::error_code error;
  if (!std::filesystem::is_regular_file(picture.file, error)) return Existing::nothing;
  const std::optional<std::vector<PngText>> texts = read_png_texts(picture.file);
  if (!texts) return Existing::different;
  for (const auto& [keyword, text] : *texts) {
    if (keyword == kSettingsKeyword && are_settings_of(text, picture, model)) return Existing::same;
  }
  return Existing::different;
}

}  // namespace deepcache_gen
