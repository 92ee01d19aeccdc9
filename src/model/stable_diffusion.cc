#include "model/conditioning.h"

namespace deepcache_gen {

// Stable Diffusion 1.x and 2.x (Rombach et al., arXiv 2112.10752): the text encoder's states are the context.
Conditioning arrange_stable_diffusion(const std::vector<TextEncoding>& encodings, const SizeConditioning&, Half) {
  return {encodings.front().hidden, {}};
}

}  // namespace deepcache_gen
