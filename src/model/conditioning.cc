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

Conditioning concatenate(const std::vector<Conditioning>& parts) {
  std::vector<at::Tensor> contexts;
  for (const Conditioning& part : parts) contexts.push_back(part.context);
  Conditioning whole{at::cat(contexts), {}};
  for (std::size_t i = 0; i < parts.front().added.size(); ++i) {
    std::vector<at::Tensor> added;
    for (const Conditioning& part : parts) added.push_back(part.added[i]);
    whole.added.push_back(at::cat(added));
  }
  return whole;
}

}  // namespace deepcache_gen
