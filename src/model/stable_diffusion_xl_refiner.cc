#include "model/conditioning.h"

namespace deepcache_gen {
namespace {

// Of the pictures that it was trained with, and what it is told for each half: diffusers'
// StableDiffusionXLImg2ImgPipeline.
constexpr double kAestheticScore = 6.0, kUnconditionalScore = 2.5;

}  // namespace

// SDXL's refiner (Podell et al., arXiv 2307.01952, section 2.5): the states of the base model's second encoder alone;
// its pooled state, the sizes and an aesthetic score join the time embedding. The unconditional half is told of no
// crop, as there (_get_add_time_ids).
Conditioning arrange_stable_diffusion_xl_refiner(const std::vector<TextEncoding>& encodings,
                                                 const SizeConditioning& sizes, Half half) {
  const TextEncoding& text = encodings.front();
  const bool is_prompt = half == Half::conditional;
  const at::Tensor ids =
      time_ids({double(sizes.original_height), double(sizes.original_width), is_prompt ? double(sizes.crop_top) : 0,
                is_prompt ? double(sizes.crop_left) : 0, is_prompt ? kAestheticScore : kUnconditionalScore},
               text.pooled);
  return {text.hidden, {text.pooled, ids}};
}

}  // namespace deepcache_gen
