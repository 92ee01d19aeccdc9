#pragma once

#include <memory>
#include <utility>
#include <vector>

#include "caching/cache_spec.h"
#include "cli/output/example_run.h"
#include "pipeline/engine.h"
#include "support/error.h"
#include "support/interrupted.h"

namespace deepcache_gen {

/// An engine of which each call takes the next of these seconds, all of it denoising.
class TimedEngine : public Engine {
 public:
  explicit TimedEngine(std::vector<double> seconds) : seconds_(std::move(seconds)) {}

  EngineFacts facts() const override { return {}; }
  int batch_size(const GenerationSettings&) const override { return 8; }
  void generate(const std::vector<ImageJob>& batch, Observer& observer) const override {
    const double seconds = seconds_.at(calls_++);
    if (seconds < 0) throw Error("no memory");
    if (observer.stop_requested()) throw Interrupted();
    order_.push_back(batch.front().plan->settings.cache.whole("interval"));
    for (std::size_t i = 0; i < batch.size(); ++i) {
      GeneratedImage image;
      const auto level = static_cast<std::uint8_t>(100 + batch.front().plan->settings.cache.whole("interval"));
      image.image = {8, 8, std::vector<std::uint8_t>(8 * 8 * 3, level)};
      image.timing = {0, seconds, 0, 0, 0};
      observer.on_image(i, std::move(image));
    }
  }

  mutable std::vector<int> order_;

 private:
  std::vector<double> seconds_;
  mutable std::size_t calls_ = 0;
};

/// The example plan with that caching.
inline std::shared_ptr<const GenerationPlan> plan_of(const CacheSpec& setting) {
  GenerationPlan plan = example_plan();
  plan.settings.cache = setting;
  return std::make_shared<const GenerationPlan>(plan);
}

}  // namespace deepcache_gen
