#pragma once

#include <ATen/core/Tensor.h>

#include <functional>
#include <utility>
#include <vector>

#include "schedulers/sampler_table.h"  // how to get one
#include "schedulers/scheduler_config.h"

namespace deepcache_gen {

/// One UNet call of the loop.
struct Step {
  int index;        ///< from 0
  double timestep;  ///< what the UNet is told; a fraction where the sampler works between timesteps
  double sigma;     ///< noise level sqrt((1 - alpha_bar) / alpha_bar)
};

/// Draws standard normal noise in the latents' shape, dtype and device; a new one at every call.
using NoiseSource = std::function<at::Tensor()>;

/// Takes latents from noise to a picture, one UNet call at a time. A sampler may remember earlier model outputs, so one
/// serves one loop over its steps, in order: make another for the next batch. Latents and model outputs are float32, of
/// one shape, on one device.
class Sampler {
 public:
  virtual ~Sampler() = default;

  /// The UNet calls, noisiest first. Pndm has one more than the steps asked for.
  const std::vector<Step>& steps() const { return steps_; }

  /// What standard normal noise is multiplied by to become the first latents.
  virtual double init_noise_sigma() const { return 1.0; }

  /// The latents as the UNet expects them at `step`.
  virtual at::Tensor scale_model_input(const at::Tensor& latents, const Step& step) const;

  /// The latents after `step`, given what the UNet said (after guidance): epsilon or v, by the config.
  virtual at::Tensor advance(const at::Tensor& latents, const at::Tensor& model_output, const Step& step,
                             const NoiseSource& draw_noise) = 0;

  /// The picture's latents (x0) that the model output stands for, given the latents that `step` began with: what the
  /// way would end at if the UNet said the same from here on.
  virtual at::Tensor denoised_estimate(const at::Tensor& latents, const at::Tensor& model_output,
                                       const Step& step) const;

 protected:
  Sampler(std::vector<Step> steps, PredictionType prediction_type)
      : steps_(std::move(steps)), prediction_type_(prediction_type) {}

  PredictionType prediction_type() const { return prediction_type_; }

  /// The sigma that `step` leads to: that of the next step, 0 after the last.
  float sigma_after(const Step& step) const;

 private:
  std::vector<Step> steps_;
  PredictionType prediction_type_;
};

}  // namespace deepcache_gen
