#include "cli/output/image_writer.h"

#include "cli/output/json_record.h"
#include "cli/output/parameters_text.h"
#include "cli/output/picture_settings.h"
#include "image/png.h"

namespace deepcache_gen {

ImageWriter::ImageWriter(const OutputOptions& options, Results results) : results_(results), json_(options.json) {
  if (options.latents) latents_.emplace(*options.latents);
}

void ImageWriter::hand_over(const RunFacts& run, const Picture& picture, const GeneratedImage& image) {
  if (latents_) latents_->add(image.latents);
  results_.print(json_ ? json_record(run, picture, image.timing) : picture.file.string());
}

void ImageWriter::report_skipped(const Picture& picture, const std::string& model) const {
  if (json_) results_.print(skipped_record(picture, model));
}

void ImageWriter::report_failure(const Picture& picture, const std::string& model, const std::string& problem) const {
  if (json_) results_.print(failure_record(picture, model, problem));
}

void ImageWriter::report_bad_line(int item, const std::string& source, const std::string& problem) const {
  if (json_) results_.print(bad_line_record(item, source, problem));
}

std::vector<std::uint8_t> picture_png(const RunFacts& run, const Picture& picture, const GeneratedImage& image) {
  const std::string parameters = parameters_text(picture.settings(), run.model.name, image.seed);
  return encode_png(image.image,
                    {{"parameters", parameters}, {kSettingsKeyword, picture_settings(picture, run.model)}});
}

}  // namespace deepcache_gen
