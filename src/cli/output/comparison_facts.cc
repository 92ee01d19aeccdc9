#include "cli/output/comparison_facts.h"

#include "cli/terminal/progress_text.h"
#include "support/number_text.h"
#include "support/version.h"

namespace deepcache_gen {
namespace {

std::string size_text(const GenerationSettings& asked) {
  return std::to_string(asked.width) + "x" + std::to_string(asked.height);
}

std::string guidance_text(const GenerationSettings& asked) { return number_text("%g", asked.guidance_scale); }

}  // namespace

std::string comparison_summary(const GenerationSettings& asked, const RunFacts& run) {
  return run.model.name + ", " + size_text(asked) + ", " + count_text(asked.steps, "step") + " of " +
         asked.scheduler.sampler + " (" + asked.scheduler.sigma_schedule + "), guidance " + guidance_text(asked) +
         ", seed " + std::to_string(asked.seed) + ", " + run.engine.device + " in " + run.engine.dtype;
}

std::vector<std::pair<std::string, std::string>> comparison_facts(const GenerationSettings& asked,
                                                                  const RunFacts& run) {
  return {
      {"prompt", asked.prompt},
      {"negative prompt", asked.negative_prompt.value_or("none")},
      {"seed", std::to_string(asked.seed)},
      {"size", size_text(asked)},
      {"steps", std::to_string(asked.steps)},
      {"guidance", guidance_text(asked)},
      {"sampler", asked.scheduler.sampler},
      {"sigma schedule", asked.scheduler.sigma_schedule},
      {"model", run.model.name},
      {"SHA-256 of its UNet", run.model.unet().sha256},
      {"device", run.engine.device},
      {"dtype", run.engine.dtype},
      {"deepcache-gen", kVersion},
  };
}

}  // namespace deepcache_gen
