#include "cli/commands/picture_planner.h"

#include <sys/random.h>

#include <memory>
#include <utility>

#include "cli/options/config_file.h"
#include "cli/output/picture_content.h"
#include "image/picture_file.h"
#include "support/atomic_file.h"
#include "support/error.h"

namespace deepcache_gen {

PicturePlanner::PicturePlanner(Plan plan, Identify identify, std::function<std::int64_t()> draw_seed,
                               std::optional<std::string> output)
    : plan_(std::move(plan)),
      identify_(std::move(identify)),
      draw_seed_(std::move(draw_seed)),
      output_(std::move(output)) {}

namespace {

// What a configuration file, or the command line for a list, says is for those pictures that it fits.
void require_effect_of_quality(const PictureRequest& entry, const Picture& picture) {
  if (!entry.quality || entry.item || entry.configured.values.contains("--quality")) return;
  if (format_named(picture.file.string()) != PictureFormat::png) return;
  throw UsageError("--quality", "--quality has no effect on '" + picture.file.string() +
                                    "', a PNG; leave it out, or end the name in .jpg or .webp");
}

}  // namespace

std::vector<Picture> PicturePlanner::plan(const PictureRequest& entry) const {
  GenerationRequest request = entry.request;
  if (!request.seed) request.seed = draw_seed_();
  std::shared_ptr<const GenerationPlan> plan;
  tell_origins(entry.configured, [&] { plan = std::make_shared<const GenerationPlan>(plan_(request)); });
  const std::shared_ptr<const ModelIdentity> model = identify_(plan->settings);
  const OutputNames names = names_for(entry);
  std::vector<Picture> pictures;
  for (int index = 0; index < plan->settings.image_count; ++index) {
    const ImageJob job{plan, index};
    pictures.push_back({job, file_of(entry, names, job), model, entry.request.seed.has_value(), entry.item,
                        entry.source, entry.quality});
  }
  require_effect_of_quality(entry, pictures.front());
  return pictures;
}

OutputNames PicturePlanner::names_for(const PictureRequest& entry) const {
  if (entry.item && !entry.own_output) return {output_, NamesFor::list};
  const bool several = entry.request.image_count > 1;
  return {entry.output, several ? NamesFor::several_images : NamesFor::one_image};
}

std::filesystem::path PicturePlanner::file_of(const PictureRequest& entry, const OutputNames& names,
                                              const ImageJob& job) const {
  if (!entry.item || entry.own_output) return names.of(job.index, job.seed());
  const std::filesystem::path file = names.of(*entry.item, job.seed());
  return job.plan->settings.image_count > 1 ? with_image_number(file, job.index) : file;
}

void DistinctFiles::add(const Picture& picture) {
  const std::filesystem::path file = std::filesystem::absolute(picture.file).lexically_normal();
  if (!files_.insert(file).second) {
    throw UsageError("--output", "--output '" + picture.file.string() +
                                     "': another prompt of the list goes to the same file; give each its own");
  }
}

std::int64_t random_seed() {
  std::uint32_t seed = 0;
  if (::getrandom(&seed, sizeof seed, 0) != sizeof seed) {
    throw Error("the operating system has no random number for the seed; give one with --seed");
  }
  return seed;
}

bool PictureFiles::is_made(const Picture& picture) const {
  const Existing existing = look_for(picture, *picture.model);
  if (existing == Existing::same && resume_) return true;
  if (existing == Existing::different && !overwrite_) {
    throw UsageError(
        "--output", "--output '" + picture.file.string() +
                        "': is there and holds something else; choose another name, or give --overwrite to replace it");
  }
  require_room_for_settings(picture, *picture.model);
  require_writable(picture.file);
  return false;
}

void PictureFiles::require_free(const std::string& flag, const std::filesystem::path& file) const {
  std::error_code error;
  if (std::filesystem::exists(file, error) && !overwrite_)
    throw UsageError(flag, flag + " '" + file.string() +
                               "': is there already; choose another folder, or give --overwrite to replace it");
  require_writable(file);
}

}  // namespace deepcache_gen
