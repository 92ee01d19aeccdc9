#include "schedulers/noise_schedule.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/cumprod.h>
#include <ATen/ops/linspace.h>
#include <ATen/ops/pow.h>

#include <algorithm>
#include <cmath>

#include "schedulers/sampler_rows.h"
#include "support/error.h"

namespace deepcache_gen {
namespace {

// Torch's own operators, so that the last bit of the tables is that of diffusers.
at::Tensor betas_of(const SchedulerConfig& config) {
  const int count = config.num_train_timesteps;
  if (config.beta_schedule == BetaSchedule::linear) {
    return at::linspace(config.beta_start, config.beta_end, count, at::kFloat);
  }
  return at::pow(at::linspace(std::sqrt(config.beta_start), std::sqrt(config.beta_end), count, at::kFloat), 2);
}

at::Tensor products_of_alphas(const at::Tensor& betas) { return at::cumprod(1.0 - betas, 0); }

// The roots of the products are moved and stretched, so that the last is 0 and the first stays (Lin et al., arXiv
// 2305.08891, algorithm 1).
at::Tensor rescaled_to_zero_snr(const at::Tensor& betas) {
  const at::Tensor roots = products_of_alphas(betas).sqrt();
  const at::Tensor first = roots[0], last = roots[-1];
  const at::Tensor products = ((roots - last) * (first / (first - last))).pow(2);
  return 1.0 - at::cat({products.slice(0, 0, 1), products.slice(0, 1) / products.slice(0, 0, -1)});
}

std::vector<float> alphas_bar_of(const SchedulerConfig& config) {
  const at::Tensor betas = betas_of(config);
  const at::Tensor products = products_of_alphas(config.rescale_betas_zero_snr ? rescaled_to_zero_snr(betas) : betas);
  return {products.const_data_ptr<float>(), products.const_data_ptr<float>() + products.numel()};
}

// What steps on sigmas needs one to start from: the least signal that float16 can hold, as diffusers has it.
constexpr float kLeastAlphaBar = 1.0f / (1 << 24);

bool takes_sigmas(const std::string& sampler) {
  const SamplerRow* row = find_sampler(sampler);
  return row && row->takes_sigmas();
}

// The last may be infinite where no signal is wanted to be left.
void check_sigmas(const std::vector<float>& sigmas, bool may_end_infinite) {
  for (std::size_t i = 0; i < sigmas.size(); ++i) {
    const bool is_last = i + 1 == sigmas.size();
    const bool is_number = std::isfinite(sigmas[i]) || (is_last && may_end_infinite && i > 0 && std::isinf(sigmas[i]));
    if (is_number && sigmas[i] > (i == 0 ? 0 : sigmas[i - 1])) continue;
    throw Error("model.json: scheduler: with its betas the noise of timestep " + std::to_string(i) +
                " is not a number above that of the one before; give other beta_start and beta_end");
  }
}

}  // namespace

NoiseSchedule::NoiseSchedule(const SchedulerConfig& config) : alphas_bar_(alphas_bar_of(config)) {
  if (config.rescale_betas_zero_snr && takes_sigmas(config.sampler)) alphas_bar_.back() = kLeastAlphaBar;
  final_alpha_bar_ = config.set_alpha_to_one ? 1.0f : alphas_bar_.front();
  for (const float alpha_bar : alphas_bar_) sigmas_.push_back(std::sqrt((1.0f - alpha_bar) / alpha_bar));
  check_sigmas(sigmas_, config.rescale_betas_zero_snr);
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
