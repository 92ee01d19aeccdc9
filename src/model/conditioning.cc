#include "model/conditioning.h"

#include <ATen/ops/cat.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros_like.h>

#include <array>
#include <utility>

#include "model/families.h"
#include "support/closest_name.h"
#include "support/error.h"

namespace deepcache_gen {
namespace {

constexpr std::array<std::pair<std::string_view, ArrangeConditioning>, 3> kFamilies{{
    {"stable-diffusion", arrange_stable_diffusion},
    {kStableDiffusionXl, arrange_stable_diffusion_xl},
    {kStableDiffusionXlRefiner, arrange_stable_diffusion_xl_refiner},
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

at::Tensor time_ids(const std::vector<double>& numbers, const at::Tensor& pooled) {
  // By way of float32: at::tensor makes no half-precision ones.
  return at::tensor(numbers, at::kFloat).to(pooled.options()).repeat({pooled.size(0), 1});
}

std::vector<TextEncoding> zero_text(const std::vector<TextEncoding>& like) {
  std::vector<TextEncoding> zeros;
  for (const TextEncoding& text : like) zeros.push_back({at::zeros_like(text.hidden), at::zeros_like(text.pooled)});
  return zeros;
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
