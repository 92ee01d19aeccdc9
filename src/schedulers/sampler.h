#pragma once

#include <ATen/core/Tensor.h>

#include <utility>
#include <vector>

#include "schedulers/noise_source.h"
#include "schedulers/prediction.h"
#include "schedulers/sampler_maker.h"
#include "schedulers/sampler_table.h"  // how to get one
#include "schedulers/step.h"

namespace deepcache_gen {

/// Takes latents from noise to a picture, one UNet call at a time. A sampler may remember earlier predictions, so one
/// serves one loop over its steps, in order: make another for the next batch. Latents and model outputs are float32, of
/// one shape, on one device.
class Sampler {
 public:
  explicit Sampler(const SamplerPlan& plan)
      : steps_(plan.steps), prediction_type_(plan.config.prediction_type), operators_(plan.operators) {}
  virtual ~Sampler() = default;

  /// The UNet calls, noisiest first. Pndm has one more than the steps asked for, samplers with two calls a step nearly
  /// twice as many.
  const std::vector<Step>& steps() const { return steps_; }

  /// What standard normal noise is multiplied by to become the latents of the first call, where nothing but noise is
  /// started from.
  virtual double init_noise_sigma() const { return 1.0; }

  /// The picture's latents with standard normal `noise` added, as `step` expects them: what image to image starts with.
  at::Tensor add_noise(const at::Tensor& picture, const at::Tensor& noise, const Step& step) const;

  /// The latents as the UNet expects them at `step`.
  at::Tensor scale_model_input(const at::Tensor& latents, const Step& step) const;

  /// What the UNet's output (after guidance) says about the latents that it saw at `step`.
  Prediction prediction(const at::Tensor& latents, const at::Tensor& model_output, const Step& step) const;

  /// What a UNet would have said that the picture's latents are `denoised`.
  Prediction prediction_of(const at::Tensor& latents, const at::Tensor& denoised, const Step& step) const;

  /// The latents after `step`, given those before and the `prediction` for them.
  virtual at::Tensor advance(const at::Tensor& latents, const Prediction& prediction, const Step& step,
                             NoiseSource& noise) = 0;

 protected:
  /// How noisy the latents at `step` are. Most samplers keep them at variance one; those that do not say so.
  virtual NoiseLevel level(const Step& step) const;

  /// A tensor that a formula is to be made with.
  LinearForm form(at::Tensor tensor) const { return LinearForm(std::move(tensor), operators_); }

 private:
  std::vector<Step> steps_;
  PredictionType prediction_type_;
  const FusedOperators* operators_;
};

}  // namespace deepcache_gen
