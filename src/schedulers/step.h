#pragma once

namespace deepcache_gen {

/// One UNet call of the loop.
struct Step {
  int index;              ///< from 0
  double timestep;        ///< what the UNet is told; a fraction where the sampler works between timesteps
  double sigma;           ///< noise level sqrt((1 - alpha_bar) / alpha_bar) of the latents that the call sees
  double next_sigma = 0;  ///< that of the latents after the call: the next call's, after the last where the way ends
  bool opens = true;      ///< the first call of a solver step; false: a further look at a step that was begun
};

}  // namespace deepcache_gen
