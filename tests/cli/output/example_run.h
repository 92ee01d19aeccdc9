#pragma once

#include <filesystem>
#include <memory>
#include <vector>

#include "cli/output/picture.h"
#include "pipeline/generated_image.h"
#include "pipeline/observer.h"

namespace deepcache_gen {

/// Four steps, two of them full: 16x8 pixels, ddim, interval 2, branch 1, seed 7.
inline GenerationPlan example_plan(int image_count = 1) {
  GenerationPlan plan;
  GenerationSettings& settings = plan.settings;
  settings.prompt = "a boat";
  settings.width = 16;
  settings.height = 8;
  settings.steps = 4;
  settings.guidance_scale = 7.5;
  settings.scheduler.sampler = "ddim";
  settings.scheduler.sigma_schedule = "discrete";
  settings.cache = uniform_caching(2, 1);
  settings.seed = 7;
  settings.image_count = image_count;
  Pass& pass = plan.passes.emplace_back(Pass{.width = 16, .height = 8});
  for (int i = 0; i < 4; ++i) {
    pass.calls.push_back({i, 751.0 - 250 * i, 8.5 - 2 * i, {i % 2 == 0 ? StepKind::full : StepKind::cached, 1}});
  }
  return plan;
}

/// Step `index` of the example plan: full, cached, full, cached.
inline StepReport example_step(int index, double seconds, int images = 1) {
  return {index, 4, {index % 2 == 0 ? StepKind::full : StepKind::cached, 1}, seconds, images, {}};
}

/// Of the model only the UNet's checksum is known.
inline RunFacts example_run() {
  return {{"scenes", {{"unet", {1, std::string(64, 'a'), {}}}}, {}}, {"cpu", "fp32", 0.5}};
}

/// The example run's model, as every task would see it.
inline std::shared_ptr<const ModelIdentity> example_identity(const GenerationSettings& = {}) {
  return std::make_shared<const ModelIdentity>(example_run().model);
}

/// Picture `index` of the example plan.
inline Picture example_picture(const std::filesystem::path& file, int index = 0,
                               const GenerationPlan& plan = example_plan()) {
  return {{std::make_shared<GenerationPlan>(plan), index}, file, example_identity()};
}

/// Image `index` of the example plan, with latents of 2 x 1 x 2 numbers that start at `index`.
inline GeneratedImage example_image(int index = 0) {
  GeneratedImage image;
  image.index = index;
  image.seed = 7 + index;
  image.image = {16, 8, std::vector<std::uint8_t>(16 * 8 * 3, 100)};
  const auto first = static_cast<float>(index);
  image.latents = {2, 1, 2, {first, first + 0.25F, first + 0.5F, first + 0.75F}};
  image.timing = {0.25, 2, 0.125, 0.75, 0.25, 2, 2};
  return image;
}

}  // namespace deepcache_gen
