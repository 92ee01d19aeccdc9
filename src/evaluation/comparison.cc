#include "evaluation/comparison.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "evaluation/ideal_speed_up.h"
#include "image/quality.h"
#include "support/error.h"

namespace deepcache_gen {
namespace {

constexpr int kShortestSideOfSsim = 7;

// Keeps the one image of a batch.
class OneImage : public Observer {
 public:
  explicit OneImage(const ComparisonProgress& progress) : progress_(progress) {}

  void on_step(const StepReport& step) override {
    steps_.push_back(step);
    progress_.step(step);
  }
  void on_image(std::size_t, GeneratedImage image) override { image_ = std::move(image); }
  void on_failure(std::size_t, const Error& problem) override { throw Error(problem); }
  void on_warning(std::size_t, const std::string& message) override { progress_.warn(message); }
  bool stop_requested() const override { return progress_.stop_requested(); }

  ComparedSetting take(std::shared_ptr<const GenerationPlan> plan) {
    const CacheSpec setting = plan->settings.cache;
    return {setting, std::move(plan), std::move(image_), std::move(steps_)};
  }

 private:
  const ComparisonProgress& progress_;
  GeneratedImage image_;
  std::vector<StepReport> steps_;
};

ComparedSetting make(const Engine& engine, const std::shared_ptr<const GenerationPlan>& plan,
                     const ComparisonProgress& progress) {
  OneImage observer(progress);
  engine.generate({{plan, 0}}, observer);
  return observer.take(plan);
}

void measure(ComparedSetting& setting, const ComparedSetting& original) {
  const Image& picture = setting.image.image;
  setting.speed_up = original.seconds() / setting.seconds();
  setting.denoise_speed_up = original.image.timing.denoise / setting.image.timing.denoise;
  setting.psnr = psnr(original.image.image, picture);
  if (std::min(picture.width, picture.height) >= kShortestSideOfSsim)
    setting.ssim = ssim(original.image.image, picture);
}

}  // namespace

std::vector<CacheSpec> settings_to_compare(const std::vector<int>& intervals, const std::vector<int>& branches) {
  std::vector<CacheSpec> settings{no_caching()};
  for (const int interval : intervals) {
    for (const int branch : branches) {
      const CacheSpec setting = uniform_caching(interval, branch);
      const bool is_there = std::find(settings.begin(), settings.end(), setting) != settings.end();
      if (caches(setting) && !is_there) settings.push_back(setting);
    }
  }
  return settings;
}

std::vector<ComparedSetting> compare_settings(const Engine& engine, const ModelInfo& model,
                                              const std::vector<std::shared_ptr<const GenerationPlan>>& plans,
                                              const ComparisonProgress& progress) {
  const int count = static_cast<int>(plans.size()) + 1;
  progress.begin(*plans.back(), 0, count);
  make(engine, plans.back(), progress);
  std::vector<ComparedSetting> settings;
  for (const auto& plan : plans) {
    progress.begin(*plan, static_cast<int>(settings.size()) + 1, count);
    settings.push_back(make(engine, plan, progress));
    measure(settings.back(), settings.front());
    settings.back().ideal_speed_up = ideal_speed_up(model, *plan);
    progress.made(settings.back());
  }
  return settings;
}

}  // namespace deepcache_gen
