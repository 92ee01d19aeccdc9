#pragma once

#include <cstdint>
#include <vector>

#include "image/image.h"

namespace deepcache_gen {

/// Wall-clock seconds. The stages are those of the batch that the image was made in.
struct Timing {
  double text = 0;                       ///< tokenizing and text encoding
  double denoise = 0;                    ///< the loop over the steps
  double decode = 0;                     ///< VAE decoding and conversion to 8 bits
  double full_step = 0;                  ///< median of the full steps; 0 where there was none
  double cached_step = 0;                ///< median of the cached steps; 0 where there was none
  int full_steps = 0, cached_steps = 0;  ///< UNet calls that were made
  double encode = 0;                     ///< reading and encoding pictures that a pass begins with
  double lora = 0;                       ///< adding LoRA to the weights, or taking them off

  /// Of all stages.
  double total() const { return lora + text + encode + denoise + decode; }
};

/// The final latents of one image before the VAE's scaling division: channels x height x width, row-major float32.
struct Latents {
  int channels = 0, height = 0, width = 0;
  std::vector<float> values;
};

/// One finished picture of a request.
struct GeneratedImage {
  int index = 0;          ///< 0..image_count - 1
  std::int64_t seed = 0;  ///< seed of the request + index
  Image image;
  Latents latents;
  Timing timing;
};

}  // namespace deepcache_gen
