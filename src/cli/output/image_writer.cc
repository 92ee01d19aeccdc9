#include "cli/output/image_writer.h"

#include <utility>

#include "cli/output/json_record.h"
#include "cli/output/parameters_text.h"
#include "image/png.h"
#include "support/atomic_file.h"

namespace deepcache_gen {

ImageWriter::ImageWriter(const OutputOptions& options, const GenerationSettings& settings, Results results)
    : names_(options.images, settings.image_count), results_(results), json_(options.json) {
  for (int index = 0; index < settings.image_count; ++index) require_writable(names_.of(index, settings.seed + index));
  if (options.latents) latents_.emplace(*options.latents);
}

void ImageWriter::write(const RunFacts& run, GeneratedImage image) {
  const std::filesystem::path path = names_.of(image.index, image.seed);
  const std::string parameters = parameters_text(run.plan.settings, run.model, image.seed);
  write_file_atomically(path, encode_png(image.image, {{"parameters", parameters}}));
  if (latents_) latents_->add(std::move(image.latents));
  results_.print(json_ ? json_record(run, image, path) : path.string());
}

}  // namespace deepcache_gen
