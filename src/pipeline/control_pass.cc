#include "pipeline/control_pass.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/zeros_like.h>

#include <cmath>
#include <utility>

#include "model/part_output.h"

namespace deepcache_gen {
namespace {

template <class Change>
void change_each(UNetResiduals& residuals, const Change& change) {
  for (std::size_t i = 0; i < residuals.skips.size(); ++i) residuals.skips[i] = change(residuals.skips[i], i);
  if (residuals.mid.defined()) residuals.mid = change(residuals.mid, residuals.skips.size());
}

// None may be broadcast, as a stranger's could be.
void add(const UNetResiduals& more, const std::string& name, UNetResiduals& sum) {
  change_each(sum, [&](const at::Tensor& residual, std::size_t i) {
    const at::Tensor& own = i < more.skips.size() ? more.skips[i] : more.mid;
    require_sizes(own, name + "'s residual " + std::to_string(i), residual.sizes());
    return residual + own;
  });
}

// From a tenth for the outermost to all for mid (`guess_mode` of diffusers' ControlNetModel).
double guess_scale(std::size_t number, int skips) { return std::pow(10.0, static_cast<double>(number) / skips - 1.0); }

// Nothing for the half without the prompt.
at::Tensor for_both_halves(const at::Tensor& residual, std::size_t) {
  return at::cat({at::zeros_like(residual), residual});
}

at::Tensor last_half(const at::Tensor& both) { return both.chunk(2)[1]; }

// What of a full call's residuals a cached one adds, for as many halves as it runs.
UNetResiduals part_of(const UNetResiduals& held, int branch, std::int64_t batch) {
  const auto count = static_cast<std::size_t>(branch) + 1;
  UNetResiduals part;
  part.skips.assign(held.skips.begin(), held.skips.begin() + static_cast<std::ptrdiff_t>(count));
  if (count == held.skips.size()) part.mid = held.mid;
  change_each(part, [&](const at::Tensor& residual, std::size_t) {
    return residual.size(0) == batch ? residual : last_half(residual);
  });
  return part;
}

}  // namespace

ControlPass::ControlPass(std::vector<Net> nets, int calls, const GenerationSettings& settings)
    : calls_(calls), guess_(settings.control_guess), cache_(settings.control_cache) {
  for (Net& net : nets) nets_.push_back({std::move(net), {}, {}});
}

std::optional<UNetResiduals> ControlPass::residuals(int call, const Choice& choice, const UNetInput& input,
                                                    const Conditioning& conditional) {
  std::optional<UNetResiduals> sum;
  for (Working& working : nets_) {
    if (choice.kind == StepKind::full) working.held.reset();
    if (!working.net.settings.takes_part(call, calls_)) continue;
    UNetResiduals own = residuals_of(working, choice, input, conditional);
    if (sum) {
      add(own, working.net.net->name(), *sum);
    } else {
      sum = std::move(own);
    }
  }
  return sum;
}

UNetResiduals ControlPass::residuals_of(Working& working, const Choice& choice, const UNetInput& input,
                                        const Conditioning& conditional) {
  const bool is_full = choice.kind == StepKind::full;
  if (!is_full && working.held) return part_of(*working.held, choice.branch, input.latents.size(0));
  UNetResiduals residuals = run(working, choice, input, conditional);
  if (is_full && cache_ == ControlCache::held) working.held = residuals;
  return residuals;
}

UNetResiduals ControlPass::run(Working& working, const Choice& choice, const UNetInput& input,
                               const Conditioning& conditional) {
  const ControlNet& net = *working.net.net;
  const bool guesses_now = guesses(working.net);
  const std::int64_t images = working.net.picture.size(0), batch = input.latents.size(0);
  const bool is_of_one_half = guesses_now && batch != images;
  const UNetInput seen{is_of_one_half ? last_half(input.latents) : input.latents,
                       is_of_one_half ? last_half(input.timesteps) : input.timesteps,
                       is_of_one_half ? conditional : input.conditioning};
  const at::Tensor& picture = picture_for(working, seen.latents.size(0));
  const bool is_cached = choice.kind == StepKind::cached;
  UNetResiduals residuals =
      is_cached && cache_ != ControlCache::full ? net.shallow(seen, picture, choice.branch) : net.full(seen, picture);
  if (is_cached) residuals = part_of(residuals, choice.branch, seen.latents.size(0));
  const double strength = working.net.settings.strength;
  const bool is_graded = guesses_now && !net.info().pools;
  change_each(residuals, [&](const at::Tensor& residual, std::size_t i) {
    const double scale = is_graded ? strength * guess_scale(i, net.info().rungs) : strength;
    return scale == 1 ? residual : residual * scale;
  });
  if (is_of_one_half) change_each(residuals, for_both_halves);
  return residuals;
}

const at::Tensor& ControlPass::picture_for(Working& working, std::int64_t batch) {
  const at::Tensor& picture = working.net.picture;
  if (picture.size(0) == batch) return picture;
  if (!working.both_pictures.defined()) working.both_pictures = at::cat({picture, picture});
  return working.both_pictures;
}

}  // namespace deepcache_gen
