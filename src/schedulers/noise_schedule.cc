#include "schedulers/noise_schedule.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>
#include <ATen/ops/cumprod.h>
#include <ATen/ops/linspace.h>
#include <ATen/ops/pow.h>

#include <algorithm>
#include <cmath>

namespace deepcache_gen {
namespace {

// Torch's own operators, so that the last bit of the tables is that of diffusers.
std::vector<float> products_of_alphas(const SchedulerConfig& config) {
  const int count = config.num_train_timesteps;
  const at::Tensor betas =
      config.beta_schedule == BetaSchedule::linear
          ? at::linspace(config.beta_start, config.beta_end, count, at::kFloat)
          : at::pow(at::linspace(std::sqrt(config.beta_start), std::sqrt(config.beta_end), count, at::kFloat), 2);
  const at::Tensor products = at::cumprod(1.0 - betas, 0);
  return {products.const_data_ptr<float>(), products.const_data_ptr<float>() + count};
}

}  // namespace

NoiseSchedule::NoiseSchedule(const SchedulerConfig& config) : alphas_bar_(products_of_alphas(config)) {
  final_alpha_bar_ = config.set_alpha_to_one ? 1.0f : alphas_bar_.front();
  for (const float alpha_bar : alphas_bar_) sigmas_.push_back(std::sqrt((1.0f - alpha_bar) / alpha_bar));
}

float NoiseSchedule::alpha_bar(int timestep) const {
  return timestep < 0 ? final_alpha_bar_ : alphas_bar_.at(static_cast<std::size_t>(timestep));
}

double NoiseSchedule::sigma_at(double timestep) const {
  const double position = std::clamp(timestep, 0.0, static_cast<double>(size() - 1));
  const auto below = static_cast<std::size_t>(position);
  if (below + 1 == sigmas_.size()) return sigmas_.back();
  const double low = sigmas_[below], high = sigmas_[below + 1];
  return (high - low) * (position - static_cast<double>(below)) + low;
}

double NoiseSchedule::timestep_at(double sigma) const {
  if (sigmas_.size() == 1) return 0;
  const double log_sigma = std::log(std::max(sigma, 1e-10));
  const auto above = std::upper_bound(sigmas_.begin(), sigmas_.end(), log_sigma,
                                      [](double value, float entry) { return value < std::log(entry); });
  const auto below = std::clamp<std::ptrdiff_t>(above - sigmas_.begin() - 1, 0, size() - 2);
  // The logarithms are float32, as diffusers takes them of its float32 table.
  const float low = std::log(sigmas_[below]), high = std::log(sigmas_[below + 1]);
  const double weight = std::clamp((low - log_sigma) / (low - high), 0.0, 1.0);
  return (1 - weight) * static_cast<double>(below) + weight * static_cast<double>(below + 1);
}

}  // namespace deepcache_gen
