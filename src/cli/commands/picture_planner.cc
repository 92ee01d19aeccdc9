#include "cli/commands/picture_planner.h"

#include <memory>
#include <utility>

#include "support/error.h"

namespace deepcache_gen {

PicturePlanner::PicturePlanner(Plan plan, std::function<std::int64_t()> draw_seed, std::optional<std::string> output)
    : plan_(std::move(plan)), draw_seed_(std::move(draw_seed)), output_(std::move(output)) {}

std::vector<Picture> PicturePlanner::plan(const PromptEntry& entry) const {
  GenerationRequest request = entry.picture.request;
  if (!request.seed) request.seed = draw_seed_();
  std::shared_ptr<const GenerationPlan> plan;
  tell_origins(entry.picture.configured, [&] { plan = std::make_shared<const GenerationPlan>(plan_(request)); });
  const OutputNames names = names_for(entry);
  std::vector<Picture> pictures;
  for (int index = 0; index < plan->settings.image_count; ++index) {
    const ImageJob job{plan, index};
    pictures.push_back(
        {job, file_of(entry, names, job), entry.picture.request.seed.has_value(), entry.item, entry.source});
  }
  return pictures;
}

OutputNames PicturePlanner::names_for(const PromptEntry& entry) const {
  if (entry.item && !entry.own_output) return {output_, NamesFor::list};
  const bool several = entry.picture.request.image_count > 1;
  return {entry.picture.output, several ? NamesFor::several_images : NamesFor::one_image};
}

std::filesystem::path PicturePlanner::file_of(const PromptEntry& entry, const OutputNames& names,
                                              const ImageJob& job) const {
  if (!entry.item || entry.own_output) return names.of(job.index, job.seed());
  const std::filesystem::path file = names.of(*entry.item, job.seed());
  return job.plan->settings.image_count > 1 ? with_image_number(file, job.index) : file;
}

void DistinctFiles::add(const Picture& picture) {
  const std::filesystem::path file = std::filesystem::absolute(picture.file).lexically_normal();
  if (!files_.insert(file).second) {
    throw UsageError("--output '" + picture.file.string() +
                     "': another prompt of the list goes to the same file; give each its own");
  }
}

}  // namespace deepcache_gen
