#include "model/conditioning.h"

#include <ATen/ops/cat.h>
#include <ATen/ops/zeros_like.h>

#include <array>
#include <utility>

#include "support/closest_name.h"
#include "support/error.h"

namespace deepcache_gen {
namespace {

constexpr std::array<std::pair<const char*, ArrangeConditioning>, 2> kFamilies{{
    {"stable-diffusion", arrange_stable_diffusion},
    {"stable-diffusion-xl", arrange_stable_diffusion_xl},
}};

}  // namespace

std::vector<std::string> family_names() {
  std::vector<std::string> names;
  for (const auto& [name, arrange] : kFamilies) names.emplace_back(name);
  return names;
}

ArrangeConditioning find_family(const std::string& name) {
  for (const auto& [known, arrange] : kFamilies) {
    if (name == known) return arrange;
  }
  throw Error(unknown_name_message("model family", name, family_names()));
}

Conditioning zero_text(const Conditioning& like) {
  Conditioning zero{at::zeros_like(like.context), like.added};
  // Of what is added only the first is text (the pooled embedding); the sizes stay.
  if (!zero.added.empty()) zero.added[0] = at::zeros_like(zero.added[0]);
  return zero;
}

Conditioning concatenate(const Conditioning& unconditional, const Conditioning& conditional) {
  Conditioning both{at::cat({unconditional.context, conditional.context}), {}};
  for (std::size_t i = 0; i < conditional.added.size(); ++i) {
    both.added.push_back(at::cat({unconditional.added[i], conditional.added[i]}));
  }
  return both;
}

Conditioning repeat(const Conditioning& conditioning, int images) {
  Conditioning repeated{conditioning.context.repeat({images, 1, 1}), {}};
  for (const at::Tensor& added : conditioning.added) repeated.added.push_back(added.repeat({images, 1}));
  return repeated;
}

}  // namespace deepcache_gen
