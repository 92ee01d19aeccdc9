#include "evaluation/comparison.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "evaluation/ideal_speed_up.h"
#include "image/quality.h"
#include "schedulers/sampler_rows.h"
#include "support/error.h"
#include "support/option_value.h"

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

  ComparedSetting take(const PlannedSetting& planned) { return {planned, std::move(image_), std::move(steps_)}; }

 private:
  const ComparisonProgress& progress_;
  GeneratedImage image_;
  std::vector<StepReport> steps_;
};

ComparedSetting make(const Engine& engine, const PlannedSetting& planned, const ComparisonProgress& progress) {
  OneImage observer(progress);
  engine.generate({{planned.plan, 0}}, observer);
  return observer.take(planned);
}

std::optional<double> ideal_against(const ModelInfo& model, const GenerationPlan& original,
                                    const GenerationPlan& plan) {
  const std::optional<double> theirs = plan_multiply_adds(model, original), ours = plan_multiply_adds(model, plan);
  return theirs && ours ? std::optional(*theirs / *ours) : std::nullopt;
}

void measure(ComparedSetting& setting, const ComparedSetting& original) {
  const Image& picture = setting.image.image;
  setting.speed_up = original.seconds() / setting.seconds();
  setting.denoise_speed_up = original.image.timing.denoise / setting.image.timing.denoise;
  setting.psnr = psnr(original.image.image, picture);
  if (std::min(picture.width, picture.height) >= kShortestSideOfSsim)
    setting.ssim = ssim(original.image.image, picture);
}

// Nothing for the model's own.
std::vector<std::optional<std::string>> meant_names(const std::string& flag, const std::vector<std::string>& names,
                                                    std::string (*meant_by)(std::string_view)) {
  std::vector<std::optional<std::string>> meant;
  for (const std::string& name : names) {
    const std::string ours = meant_by(name);
    if (std::find(meant.begin(), meant.end(), ours) != meant.end()) {
      reject({flag, name}, "is " + ours + ", which is there already; name each once");
    }
    meant.emplace_back(ours);
  }
  if (meant.empty()) meant.emplace_back();
  return meant;
}

}  // namespace

std::vector<SamplerChoice> samplers_to_compare(const std::vector<std::string>& samplers,
                                               const std::vector<std::string>& sigma_schedules) {
  std::vector<SamplerChoice> choices;
  for (const auto& sampler : meant_names("--sampling-method", samplers, sampler_meant_by)) {
    for (const auto& schedule : meant_names("--scheduler", sigma_schedules, schedule_meant_by)) {
      choices.push_back({sampler, schedule});
    }
  }
  return choices;
}

std::vector<std::span<const ComparedSetting>> by_sampler(const std::vector<ComparedSetting>& settings) {
  std::vector<std::span<const ComparedSetting>> groups;
  for (const ComparedSetting& setting : settings) {
    if (groups.empty() || setting.setting.is_original()) {
      groups.emplace_back(&setting, 1);
    } else {
      groups.back() = {groups.back().data(), groups.back().size() + 1};
    }
  }
  return groups;
}

std::vector<ComparedSetting> compare_settings(const Engine& engine, const ModelInfo& model,
                                              const std::vector<PlannedSetting>& planned,
                                              const ComparisonProgress& progress) {
  const int count = static_cast<int>(planned.size()) + 1;
  progress.begin(*planned.back().plan, 0, count);
  make(engine, planned.back(), progress);
  std::vector<ComparedSetting> settings;
  std::size_t original = 0;
  for (const PlannedSetting& next : planned) {
    progress.begin(*next.plan, static_cast<int>(settings.size()) + 1, count);
    settings.push_back(make(engine, next, progress));
    if (next.setting.is_original()) original = settings.size() - 1;
    measure(settings.back(), settings[original]);
    settings.back().ideal_speed_up = ideal_against(model, *settings[original].plan, *next.plan);
    progress.made(settings.back());
  }
  return settings;
}

}  // namespace deepcache_gen
