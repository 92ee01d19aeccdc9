#pragma once

#include <vector>

#include "schedulers/scheduler_config.h"

namespace deepcache_gen {

/// The noise levels a model was trained with, one per timestep (Ho et al., arXiv 2006.11239). Level `t` mixes a picture
/// with standard normal noise as sqrt(alpha_bar[t]) * picture + sqrt(1 - alpha_bar[t]) * noise. Tables are float32, as
/// in diffusers.
class NoiseSchedule {
 public:
  /// Computes the tables from the config's betas.
  explicit NoiseSchedule(const SchedulerConfig& config);

  int size() const { return static_cast<int>(alphas_bar_.size()); }

  /// The product of 1 - beta up to `timestep`; before timestep 0, what `set_alpha_to_one` says the sampling ends at.
  /// Throws `std::out_of_range` past the last timestep.
  float alpha_bar(int timestep) const;

  /// sqrt((1 - alpha_bar) / alpha_bar) per timestep: the noise relative to the picture, increasing.
  const std::vector<float>& sigmas() const { return sigmas_; }

  /// The sigma at a timestep that may be a fraction: linear between neighbours, the nearest end outside the table.
  double sigma_at(double timestep) const;

  /// The timestep, mostly a fraction, that has this sigma: linear in log sigma, clamped to the table.
  double timestep_at(double sigma) const;

 private:
  std::vector<float> alphas_bar_;
  std::vector<float> sigmas_;
  float final_alpha_bar_;
};

}  // namespace deepcache_gen
