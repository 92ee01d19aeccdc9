#include "pipeline/picture_calibration.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/full.h>
#include <ATen/ops/zeros_like.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <map>
#include <utility>

#include "backend/device_clock.h"
#include "pipeline/batch_noise.h"
#include "pipeline/batch_prompts.h"
#include "pipeline/guidance.h"
#include "pipeline/tensor_history.h"
#include "schedulers/sampler.h"
#include "support/interrupted.h"
#include "support/median.h"

namespace deepcache_gen {
namespace {

at::Tensor half(const at::Tensor& both, int number) { return both.chunk(2)[static_cast<std::size_t>(number)]; }

double squared_norm(const at::Tensor& tensor) { return tensor.to(at::kDouble).square().sum().item<double>(); }

// A full call as the others need it.
struct FullCall {
  std::vector<at::Tensor> features;  // by place among the branches
  at::Tensor output;                 // guided
  at::Tensor difference;             // conditional less unconditional output; undefined without guidance
};

// The UNet on the picture's conditioning, call by call, with the time that each kind takes.
class TimedUNet {
 public:
  TimedUNet(const UNet& unet, const Placement& placement, Conditioning conditioning, const GenerationSettings& settings,
            int calls, Observer& observer)
      : unet_(unet),
        placement_(placement),
        conditioning_(std::move(conditioning)),
        guidance_({&settings}, placement.device),
        calls_(calls),
        clock_(make_device_clock(placement.device)),
        observer_(observer) {
    if (!guidance_.is_on()) return;
    conditional_.context = half(conditioning_.context, 1);
    for (const at::Tensor& added : conditioning_.added) conditional_.added.push_back(half(added, 1));
  }

  bool guided() const { return guidance_.is_on(); }

  FullCall full(const at::Tensor& latents, const Step& step, const std::vector<int>& branches) {
    UNet::FullOutputs outputs;
    const auto work = [&] { outputs = unet_.full(input(latents, step, true), branches); };
    timed(Choice{StepKind::full, branches.front()}, full_, work);
    FullCall call{std::move(outputs.deep_features), {}, {}};
    const at::Tensor output = outputs.model_output.to(at::kFloat);
    if (guided()) call.difference = half(output, 1) - half(output, 0);
    call.output = guided() ? guidance_.combine(half(output, 0), half(output, 1)) : output;
    return call;
  }

  // What it says with both halves, and what with the conditional half and that difference; the second is undefined
  // without guidance.
  std::pair<at::Tensor, at::Tensor> cached(const at::Tensor& latents, const Step& step, int branch,
                                           const at::Tensor& feature, const at::Tensor& difference) {
    const at::Tensor output = shallow(latents, step, branch, feature, true);
    if (!guided()) return {output, {}};
    const at::Tensor conditional = half(output, 1);
    return {guidance_.combine(half(output, 0), conditional), guidance_.combine(conditional - difference, conditional)};
  }

  // Only for the time that it takes.
  void run_held(const at::Tensor& latents, const Step& step, int branch, const at::Tensor& feature) {
    shallow(latents, step, branch, half(feature, 1), false);
  }

  PassCosts medians(const std::vector<int>& branches) const {
    PassCosts seconds{true, median(full_), {}, {}, 0};
    seconds.cached.assign(static_cast<std::size_t>(branches.back()) + 1, seconds.full);
    seconds.held = seconds.cached;
    const auto put = [&](const std::map<int, std::vector<double>>& times, std::vector<double>& medians) {
      for (const auto& [branch, all] : times) medians[static_cast<std::size_t>(branch)] = median(all);
    };
    put(cached_, seconds.cached);
    put(guided() ? held_ : cached_, seconds.held);
    return seconds;
  }

 private:
  UNetInput input(const at::Tensor& latents, const Step& step, bool both_halves) const {
    const bool doubles = both_halves && guided();
    const at::Tensor batch = doubles ? at::cat({latents, latents}) : latents;
    return {batch.to(placement_.device, placement_.dtype),
            at::full({batch.size(0)}, step.timestep, at::dtype(at::kFloat).device(placement_.device)),
            both_halves || !guided() ? conditioning_ : conditional_, nullptr, guidance_.embedded()};
  }

  at::Tensor shallow(const at::Tensor& latents, const Step& step, int branch, const at::Tensor& feature,
                     bool both_halves) {
    at::Tensor output;
    std::vector<double>& times = both_halves ? cached_[branch] : held_[branch];
    timed(Choice{StepKind::cached, branch, !both_halves}, times,
          [&] { output = unet_.shallow(input(latents, step, both_halves), branch, feature); });
    return output.to(at::kFloat, /*non_blocking=*/false, /*copy=*/true);  // the next call may overwrite it
  }

  void timed(const Choice& choice, std::vector<double>& times, const std::function<void()>& work) {
    if (observer_.stop_requested()) throw Interrupted();
    auto begin = clock_->mark();
    work();
    times.push_back(DeviceSpan{std::move(begin), clock_->mark()}.seconds());
    observer_.on_step({done_++, calls_, choice, times.back(), 1, {}});
  }

  const UNet& unet_;
  const Placement placement_;
  const Conditioning conditioning_;
  Conditioning conditional_;
  const Guidance guidance_;
  const int calls_;
  const std::unique_ptr<DeviceClock> clock_;
  Observer& observer_;
  int done_ = 0;
  std::vector<double> full_;
  std::map<int, std::vector<double>> cached_, held_;  // by branch
};

// The way of a picture from its noise, as often as it is wanted: always with the same noise.
class PictureWay {
 public:
  PictureWay(const ModelInfo& model, const Placement& placement, const ImageJob& job)
      : placement_(placement), job_(job) {
    const Pass& pass = job.plan->passes.front();
    shape_ = {model.latent_channels, pass.height / model.vae_scale, pass.width / model.vae_scale};
  }

  using Output = std::function<at::Tensor(const at::Tensor& input, const Step& step)>;

  // The final latents, where the model says `output_of`, after guidance.
  at::Tensor go(const Output& output_of) const {
    const Pass& pass = job_.plan->passes.front();
    const auto sampler = make_sampler(job_.plan->settings.scheduler, pass.steps);
    BatchNoise noise({job_.seed()}, shape_, placement_.device);
    at::Tensor latents = noise.draw() * sampler->init_noise_sigma();
    for (const Step& step : sampler->steps()) {
      const at::Tensor output = output_of(sampler->scale_model_input(latents, step), step);
      latents = sampler->advance(latents, sampler->prediction(latents, output, step), step, noise);
    }
    return latents;
  }

 private:
  const Placement placement_;
  const ImageJob& job_;
  std::vector<std::int64_t> shape_;
};

std::vector<double> weights_of(const GenerationPlan& plan) {
  const SchedulerConfig& scheduler = plan.settings.scheduler;
  return weights_of_outputs(make_sampler(scheduler, plan.passes.front().steps)->steps(), scheduler.prediction_type);
}

// How much errors grow until the end.
class GainMeasurement {
 public:
  GainMeasurement(const PictureWay& way, TimedUNet& unet, const CalibrationWish& wish, const GenerationPlan& plan)
      : way_(way), unet_(unet), branches_{wish.branches.front()}, weights_(weights_of(plan)) {}

  std::vector<double> measure() {
    const std::vector<int> chosen = calls_of_gains(static_cast<int>(weights_.size()));
    const at::Tensor end = way_.go([&](const at::Tensor& input, const Step& step) { return see(input, step, chosen); });
    std::vector<double> gains;
    for (const int call : chosen) gains.push_back(gain(call, end));
    return gains;
  }

 private:
  // A feature that is two calls old errs enough to be measured, and as others do.
  static int refresh_before(int call) {
    constexpr int kAge = 2;
    return std::max(call - kAge, 0);
  }

  at::Tensor see(const at::Tensor& input, const Step& step, const std::vector<int>& chosen) {
    FullCall call = unet_.full(input, step, branches_);
    outputs_.push_back(call.output);
    for (const int later : chosen) {
      if (refresh_before(later) == step.index) refreshes_[step.index] = call;
      if (later != step.index) continue;
      const FullCall& refresh = refreshes_.at(refresh_before(later));
      wrong_[later] = unet_.cached(input, step, branches_.front(), refresh.features.front(), refresh.difference).first;
    }
    return outputs_.back();
  }

  double gain(int call, const at::Tensor& end) {
    constexpr double kLeast = 1e-6, kMost = 1e6;
    const at::Tensor& wrong = wrong_.at(call);
    const at::Tensor other_end = way_.go([&](const at::Tensor& input, const Step& step) {
      if (step.index == call) return wrong;
      const bool is_known = step.index < call;
      return is_known ? outputs_[static_cast<std::size_t>(step.index)] : unet_.full(input, step, branches_).output;
    });
    const auto place = static_cast<std::size_t>(call);
    const double put_in = std::pow(weights_[place], 2) * squared_norm(wrong - outputs_[place]);
    const double gain = squared_norm(other_end - end) / put_in;
    return std::isfinite(gain) ? std::clamp(gain, kLeast, kMost) : 1;
  }

  const PictureWay& way_;
  TimedUNet& unet_;
  const std::vector<int> branches_;
  const std::vector<double> weights_;
  std::vector<at::Tensor> outputs_;
  std::map<int, FullCall> refreshes_;
  std::map<int, at::Tensor> wrong_;
};

// What each segment errs by, with the features of the last calls.
class SegmentMeasurement {
 public:
  SegmentMeasurement(TimedUNet& unet, const CalibrationWish& wish, const GenerationPlan& plan)
      : unet_(unet),
        branches_(wish.branches),
        weights_(weights_of(plan)),
        prediction_type_(plan.settings.scheduler.prediction_type) {
    const int calls = static_cast<int>(weights_.size());
    reach_ = reach_of_segments(calls);
    for (std::size_t call = 0; call < weights_.size(); ++call) weights_[call] *= std::sqrt(wish.gains.at(call));
    for (const Choice& kind : kinds_of_cached_calls(branches_, unet.guided()))
      errors_.push_back({kind, {calls, reach_}});
  }

  at::Tensor see(const at::Tensor& input, const Step& step) {
    Refresh now{unet_.full(input, step, branches_), {}};
    now.sums.assign(errors_.size(), at::zeros_like(now.call.output));
    for (auto& [from, refresh] : refreshes_) {
      for (std::size_t i = 0; i < branches_.size(); ++i) compare(input, step, from, refresh, i, now.call.output);
    }
    if (unet_.guided() && step.index > 0) {
      const std::size_t turn = static_cast<std::size_t>(step.index) % branches_.size();
      unet_.run_held(input, step, branches_[turn], refreshes_.rbegin()->second.call.features[turn]);
    }
    at::Tensor output = now.call.output;
    ways_.push_back({input, output, step});
    refreshes_.erase(step.index - reach_);
    if (reach_ > 0) refreshes_.emplace(step.index, std::move(now));
    return output;
  }

  std::vector<MeasuredErrors> errors() {
    for (MeasuredErrors& kind : errors_) {
      if (!kind.cached.runs()) measure_denoised(kind);
    }
    return errors_;
  }

 private:
  // A call of the way, in latents of variance one.
  struct Seen {
    at::Tensor latents, output;
    Step step;
    NoiseLevel level() const {
      if (std::isinf(step.sigma)) return {0, 1, 1};  // nothing but noise
      return NoiseLevel::variance_preserving_sigma(static_cast<float>(step.sigma));
    }
    Prediction said(PredictionType type) const { return {type, LinearForm(output), LinearForm(latents), level()}; }
  };

  // Which full call was the one before is not known of a segment alone. The curves that win grow by about a third from
  // one segment to the next.
  static int before_segment(int from, int to) { return from - std::max((to - from) * 3 / 4, 1); }

  void measure_denoised(MeasuredErrors& kind) {
    std::vector<at::Tensor> denoised;
    for (const Seen& seen : ways_) {
      denoised.push_back(seen.said(prediction_type_).denoised());
    }
    const int calls = static_cast<int>(ways_.size());
    for (int from = 0; from < calls; ++from) {
      for (int to = from + 2; to <= std::min(from + 1 + reach_, calls); ++to) {
        TensorHistory history;
        for (const int full : {before_segment(from, to), from}) {
          if (full >= 0)
            history.keep(denoised[static_cast<std::size_t>(full)], ways_[static_cast<std::size_t>(full)].step.sigma);
        }
        kind.segments.set(from, to, denoised_error(history, kind.cached.extrapolation, from, to));
      }
    }
  }

  double denoised_error(const TensorHistory& history, double extrapolation, int from, int to) const {
    at::Tensor sum = at::zeros_like(ways_.front().output);
    for (int call = from + 1; call < to; ++call) {
      const auto place = static_cast<std::size_t>(call);
      const Seen& seen = ways_[place];
      const at::Tensor reused = history.at(seen.step.sigma, extrapolation);
      const Prediction said =
          Prediction::of_denoised(prediction_type_, LinearForm(reused), LinearForm(seen.latents), seen.level());
      sum += weights_[place] * (said.output() - seen.output);
    }
    return squared_norm(sum) / static_cast<double>(sum.numel());
  }

  struct Refresh {
    FullCall call;
    std::vector<at::Tensor> sums;  // of the errors so far, as `errors_`
  };

  void compare(const at::Tensor& input, const Step& step, int from, Refresh& refresh, std::size_t branch,
               const at::Tensor& truth) {
    const auto [both, held] =
        unet_.cached(input, step, branches_[branch], refresh.call.features[branch], refresh.call.difference);
    add(both - truth, step, from, refresh.sums, branch);
    if (held.defined()) add(held - truth, step, from, refresh.sums, branches_.size() + branch);
  }

  void add(const at::Tensor& error, const Step& step, int from, std::vector<at::Tensor>& sums, std::size_t kind) {
    sums[kind] = sums[kind] + weights_[static_cast<std::size_t>(step.index)] * error;
    errors_[kind].segments.set(from, step.index + 1, squared_norm(sums[kind]) / static_cast<double>(error.numel()));
  }

  TimedUNet& unet_;
  const std::vector<int> branches_;
  std::vector<double> weights_;  // with the roots of the gains
  int reach_ = 0;
  const PredictionType prediction_type_;
  std::vector<Seen> ways_;
  std::vector<MeasuredErrors> errors_;
  std::map<int, Refresh> refreshes_;  // by call
};

}  // namespace

Calibration calibrate_on_picture(const ModelInfo& model, const Placement& placement, LoadedModel& parts,
                                 AppliedLoras& loras, const ImageJob& job, const CalibrationWish& wish,
                                 Observer& observer) {
  const GenerationPlan& plan = *job.plan;
  loras.apply(plan.settings, [&](const std::string& line) { observer.on_detail(line); });
  const std::vector<ImageJob> batch{job};
  const Conditioning conditioning = BatchPrompts(parts, batch, observer).conditioning_of(plan.passes.front());
  const CalibrationCalls calls = calls_of(wish, plan.calls(), plan.settings.guided());
  TimedUNet unet(parts.unet(false), placement, conditioning, plan.settings, calls.full + calls.cached, observer);
  const PictureWay way(model, placement, job);
  Calibration calibration;
  if (wish.gains.empty()) {
    calibration.gains = GainMeasurement(way, unet, wish, plan).measure();
  } else {
    SegmentMeasurement segments(unet, wish, plan);
    way.go([&](const at::Tensor& input, const Step& step) { return segments.see(input, step); });
    calibration.errors = segments.errors();
  }
  calibration.seconds = unet.medians(wish.branches);
  return calibration;
}

}  // namespace deepcache_gen
