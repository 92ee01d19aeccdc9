#include "evaluation/tuning.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <utility>

#include "image/quality.h"
#include "pipeline/picture_costs.h"
#include "pipeline/picture_settings.h"
#include "support/error.h"
#include "support/json_text.h"
#include "support/median.h"
#include "support/sha256.h"

namespace deepcache_gen {
namespace {

constexpr std::size_t kPicturesOfGains = 2;
constexpr int kShortestSideForSsim = 7;
constexpr double kHighestPsnr = 100;

using Plan = std::shared_ptr<const GenerationPlan>;

Plan planned(GenerationRequest request, const ModelInfo& model, const std::function<void(GenerationRequest&)>& ask) {
  ask(request);
  return std::make_shared<const GenerationPlan>(plan_generation(resolve(request, model)));
}

Plan planned_uncached(const GenerationRequest& request, const ModelInfo& model) {
  return planned(request, model, [](GenerationRequest& asked) { asked.cache = ask_for_no_caching(); });
}

PassCosts median_costs(const std::vector<PassCosts>& all) {
  const auto median_of = [&](const auto& number) {
    std::vector<double> numbers;
    for (const PassCosts& costs : all) numbers.push_back(number(costs));
    return median(std::move(numbers));
  };
  PassCosts costs{true, median_of([](const PassCosts& each) { return each.full; }), {}, {}, 0};
  for (std::size_t branch = 0; branch < all.front().cached.size(); ++branch) {
    costs.cached.push_back(median_of([&](const PassCosts& each) { return each.cached[branch]; }));
    costs.held.push_back(median_of([&](const PassCosts& each) { return each.held[branch]; }));
  }
  return costs;
}

// A cached call that takes half of a full one or more saves little.
void leave_out_slow_ones(std::vector<MeasuredErrors>& kinds, const PassCosts& costs) {
  std::vector<MeasuredErrors> fast;
  for (const MeasuredErrors& kind : kinds) {
    if (costs.of_cached(kind.cached) < costs.full / 2) fast.push_back(kind);
  }
  if (!fast.empty()) kinds = std::move(fast);
}

// One of each so many, the first and the last among them.
void thin_out(std::vector<TunedPlacement>& front) {
  constexpr std::size_t kMost = 200;
  if (front.size() <= kMost) return;
  std::vector<TunedPlacement> kept;
  for (std::size_t i = 0; i < kMost; ++i) kept.push_back(std::move(front[i * (front.size() - 1) / (kMost - 1)]));
  front = std::move(kept);
}

// What goes on in the engine, told as a part of everything.
class TuningObserver : public Observer {
 public:
  TuningObserver(const TuningProgress& progress, std::function<void(const StepReport&)> on_step)
      : progress_(progress), on_step_(std::move(on_step)) {}

  void on_step(const StepReport& step) override { on_step_(step); }
  void on_image(std::size_t, GeneratedImage image) override { image_ = std::move(image); }
  void on_failure(std::size_t, const Error& problem) override { throw Error(problem); }
  void on_warning(std::size_t, const std::string& message) override { progress_.warn(message); }
  bool stop_requested() const override { return progress_.stop_requested(); }

  const GeneratedImage& image() const { return image_; }

 private:
  const TuningProgress& progress_;
  std::function<void(const StepReport&)> on_step_;
  GeneratedImage image_;
};

// How much of all work is done, in full calls.
class WorkDone {
 public:
  WorkDone(const TuningProgress& progress, double cached_call) : progress_(progress), cached_call_(cached_call) {}

  void expect(double units) { expected_ += units; }
  void skip(double units) { expected_ -= units; }
  double units(double full, double cached) const { return full + cached * cached_call_; }
  void add(const StepReport& step) {
    done_ += step.choice.kind == StepKind::full ? 1 : step.choice.runs() ? cached_call_ : 0;
    progress_.step(std::min(done_ / std::max(expected_, done_), 1.0));
  }

 private:
  const TuningProgress& progress_;
  double cached_call_, expected_ = 0, done_ = 0;
};

// Of a cached call, before any was measured.
double guessed_cached_call(const ModelInfo& model, const GenerationPlan& plan) {
  constexpr double kUsual = 0.25;
  const std::optional<PassCosts> costs = picture_costs(model, nullptr, plan.settings);
  return costs ? costs->cached[std::min<std::size_t>(1, costs->cached.size() - 1)] / costs->full : kUsual;
}

class Tuner {
 public:
  Tuner(const Engine& engine, const ModelInfo& model, const TuningPictures& pictures, std::vector<int> branches,
        TuningRecord record, const TuningProgress& progress)
      : engine_(engine),
        model_(model),
        pictures_(pictures),
        branches_(std::move(branches)),
        record_(std::move(record)),
        progress_(progress),
        first_(planned_uncached(pictures.calibration.front(), model)),
        work_(progress, guessed_cached_call(model, *first_)) {
    pictures_of_gains_ = calls_of_gains(calls()).empty() ? 0 : std::min(kPicturesOfGains, pictures.calibration.size());
    expect_work();
  }

  Tuning run() {
    measure_gains();
    measure_errors();
    search();
    check();
    return result();
  }

 private:
  int calls() const { return first_->calls(); }

  // Of the pictures of the check before the settings are known, as if they were twenty of half the calls.
  void expect_work() {
    constexpr double kUsualSettings = 10;
    const bool guided = first_->settings.guided();
    const auto units = [&](const CalibrationWish& wish) {
      const CalibrationCalls counted = calls_of(wish, calls(), guided);
      return work_.units(counted.full, counted.cached);
    };
    const CalibrationWish errors{branches_, std::vector<double>(static_cast<std::size_t>(calls()), 1)};
    for (std::size_t i = record_.gains.size(); i < pictures_of_gains_; ++i) work_.expect(units({branches_, {}}));
    for (std::size_t i = record_.errors.size(); i < pictures_.calibration.size(); ++i) work_.expect(units(errors));
    expected_of_check_ = kUsualSettings * calls() * static_cast<double>(pictures_.check.size());
    work_.expect(expected_of_check_);
  }

  Calibration calibrate(std::size_t picture, const CalibrationWish& wish) {
    TuningObserver observer(progress_, [this](const StepReport& step) { work_.add(step); });
    Calibration calibration =
        engine_.calibrate({planned_uncached(pictures_.calibration[picture], model_), 0}, wish, observer);
    record_.seconds.push_back(calibration.seconds);
    return calibration;
  }

  void measure_gains() {
    for (std::size_t i = record_.gains.size(); i < pictures_of_gains_; ++i) {
      progress_.begin("how errors grow, picture " + number(i, pictures_of_gains_));
      record_.gains.push_back(calibrate(i, {branches_, {}}).gains);
      progress_.keep(record_);
    }
  }

  void measure_errors() {
    const std::vector<double> gains = gains_of_calls(record_.gains, calls());
    for (std::size_t i = record_.errors.size(); i < pictures_.calibration.size(); ++i) {
      progress_.begin("errors of cached calls, picture " + number(i, pictures_.calibration.size()));
      record_.errors.push_back(calibrate(i, {branches_, gains}).errors);
      progress_.keep(record_);
    }
  }

  void search() {
    costs_ = median_costs(record_.seconds);
    std::vector<MeasuredErrors> kinds = mean_errors(record_.errors);
    const std::vector<std::optional<std::vector<int>>> placements = best_placements(kinds.front().segments);
    leave_out_slow_ones(kinds, costs_);
    front_ = front_of(kinds, costs_);
    thin_out(front_);
    settings_ = settings_to_check(front_, costs_, *first_, branches_, placements);
    leave_out_refused();
  }

  // Not every sampler steps where it is told.
  void leave_out_refused() {
    std::erase_if(settings_, [&](const CheckSetting& setting) {
      const bool may_be_refused =
          setting.kind == CheckKind::fewer_steps || setting.kind == CheckKind::fewer_steps_on_curve;
      if (!may_be_refused) return false;
      try {
        planned(pictures_.check.front(), model_, setting.ask);
        return false;
      } catch (const UsageError&) {
        return true;
      }
    });
  }

  void check() {
    double units = 0;
    for (const CheckSetting& setting : settings_) units += setting.expected / costs_.full;
    work_.skip(expected_of_check_);
    const std::size_t all = settings_.size() * pictures_.check.size();
    work_.expect(units * static_cast<double>(pictures_.check.size()) *
                 (1 - static_cast<double>(std::min(record_.runs.size(), all)) / static_cast<double>(all)));
    record_.runs.resize(std::min(record_.runs.size(), all));
    if (record_.runs.size() < all) make(0, settings_.back());  // the first of a process is slower
    for (std::size_t picture = record_.runs.size() / settings_.size(); picture < pictures_.check.size(); ++picture) {
      check_picture(picture);
    }
  }

  // Every other picture the other way around, so that a machine that drifts treats all alike; the original is first.
  std::vector<std::size_t> order(std::size_t picture) const {
    std::vector<std::size_t> order;
    for (std::size_t i = 0; i < settings_.size(); ++i) order.push_back(i);
    if (picture % 2 == 1) std::reverse(order.begin() + 1, order.end());
    return order;
  }

  void check_picture(std::size_t picture) {
    GeneratedImage original;
    const std::size_t done = record_.runs.size() - picture * settings_.size();
    if (done > 0) original = make(picture, settings_.front());
    const std::vector<std::size_t> settings = order(picture);
    for (std::size_t i = done; i < settings.size(); ++i) {
      progress_.begin("check, picture " + number(picture, pictures_.check.size()) + ", setting " +
                      number(i, settings.size()));
      const GeneratedImage image = make(picture, settings_[settings[i]]);
      if (i == 0) original = image;
      record_.runs.push_back(compared(image, original));
      progress_.keep(record_);
    }
  }

  GeneratedImage make(std::size_t picture, const CheckSetting& setting) {
    TuningObserver observer(progress_, [this](const StepReport& step) { work_.add(step); });
    engine_.generate({{planned(pictures_.check[picture], model_, setting.ask), 0}}, observer);
    return observer.image();
  }

  static CheckedRun compared(const GeneratedImage& image, const GeneratedImage& original) {
    constexpr double kLeast = 1e-9;
    CheckedRun run{std::max(image.timing.total(), kLeast),
                   image.timing.total() - image.timing.denoise,
                   psnr(original.image, image.image),
                   {}};
    if (std::min(image.image.width, image.image.height) >= kShortestSideForSsim) {
      run.ssim = ssim(original.image, image.image);
    }
    return run;
  }

  static std::string number(std::size_t index, std::size_t count) {
    return std::to_string(index + 1) + "/" + std::to_string(count);
  }

  CheckedSetting checked(std::size_t setting) const {
    CheckedSetting result{settings_[setting], {}};
    std::vector<double> seconds;
    double psnr = 0, ssim = 0;
    result.lowest_psnr = kHighestPsnr;
    const auto pictures = static_cast<double>(pictures_.check.size());
    for (std::size_t picture = 0; picture < pictures_.check.size(); ++picture) {
      const std::vector<std::size_t> places = order(picture);
      const auto place = static_cast<std::size_t>(std::find(places.begin(), places.end(), setting) - places.begin());
      const CheckedRun& run = record_.runs[picture * settings_.size() + place];
      result.runs.push_back(run);
      seconds.push_back(run.seconds);
      psnr += std::min(run.psnr, kHighestPsnr) / pictures;
      result.lowest_psnr = std::min(result.lowest_psnr, run.psnr);
      ssim += run.ssim.value_or(0) / pictures;
    }
    result.seconds = median(seconds);
    result.psnr = psnr;
    if (result.runs.front().ssim) result.ssim = ssim;
    return result;
  }

  Tuning result() {
    Tuning tuning;
    std::vector<double> beside;
    for (std::size_t i = 0; i < settings_.size(); ++i) {
      tuning.checked.push_back(checked(i));
      const CheckedSetting& last = tuning.checked.back();
      for (const CheckedRun& run : last.runs) beside.push_back(run.beside);
      if (!last.setting.place) continue;
      front_[*last.setting.place].psnr = last.psnr;
      front_[*last.setting.place].ssim = last.ssim;
    }
    costs_.beside = median(beside);
    tuning.tuned = tuned();
    tuning.calibration_pictures = static_cast<int>(pictures_.calibration.size());
    return tuning;
  }

  TunedCaching tuned() const {
    const GenerationSettings& settings = first_->settings;
    const EngineFacts facts = engine_.facts();
    TunedCaching tuned;
    tuned.unet_sha256 = model_.file_of(kUNet).sha256;
    tuned.sampler = settings.scheduler.sampler;
    tuned.schedule = settings.scheduler.sigma_schedule;
    tuned.steps = settings.steps;
    tuned.calls = calls();
    tuned.guidance_scale = settings.guided() ? settings.guidance_scale : 1;
    tuned.width = settings.width;
    tuned.height = settings.height;
    tuned.device = facts.device;
    tuned.dtype = facts.dtype;
    tuned.seconds = costs_;
    tuned.front = front_;
    return tuned;
  }

  const Engine& engine_;
  const ModelInfo& model_;
  const TuningPictures& pictures_;
  const std::vector<int> branches_;
  TuningRecord record_;
  const TuningProgress& progress_;
  const Plan first_;
  WorkDone work_;
  std::size_t pictures_of_gains_ = 0;
  double expected_of_check_ = 0;
  PassCosts costs_;
  std::vector<TunedPlacement> front_;
  std::vector<CheckSetting> settings_;
};

}  // namespace

TuningShape shape_of_tuning(const ModelInfo& model, const TuningPictures& pictures, const std::vector<int>& branches,
                            const EngineFacts& engine) {
  nlohmann::ordered_json about{{"unet", model.file_of(kUNet).sha256},
                               {"branches", branches},
                               {"device", engine.device},
                               {"dtype", engine.dtype}};
  for (const auto* list : {&pictures.calibration, &pictures.check}) {
    auto& records = about["pictures"].emplace_back(nlohmann::ordered_json::array());
    for (const GenerationRequest& request : *list) {
      const Plan plan = planned_uncached(request, model);
      records.push_back(identity_record(plan->settings, plan->settings.seed));
    }
  }
  const Plan first = planned_uncached(pictures.calibration.front(), model);
  const std::string text = json_text(about);
  return {sha256_of(text), first->calls(), branches, first->settings.guided()};
}

Tuning tune_caching(const Engine& engine, const ModelInfo& model, const TuningPictures& pictures,
                    const std::vector<int>& branches, TuningRecord record, const TuningProgress& progress) {
  return Tuner(engine, model, pictures, branches, std::move(record), progress).run();
}

}  // namespace deepcache_gen
