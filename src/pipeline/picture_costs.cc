#include "pipeline/picture_costs.h"

#include <algorithm>
#include <functional>

#include "pipeline/control_costs.h"
#include "pipeline/generation_plan.h"

namespace deepcache_gen {
namespace {

// In multiply-adds for one half of the guidance, or in pixels.
struct CallSizes {
  const ModelInfo& model;

  double full(double pixels) const { return model.arithmetic ? model.arithmetic->unet.full_pass(pixels) : pixels; }
  double cached(int branch, double pixels) const {
    return model.arithmetic ? model.arithmetic->unet.cached_pass(branch, pixels) : pixels;
  }
  double decoding(double pixels) const { return model.arithmetic ? model.arithmetic->decoder.at(pixels) : pixels; }
};

// Of all passes, for a call of the sampler's whole way.
double per_call_of_way(const GenerationPlan& plan, const ModelInfo& model,
                       const std::function<double(double)>& of_call) {
  double sum = 0;
  for (const Pass& pass : plan.passes) {
    const auto pixels = static_cast<double>(model.latent_pixels(pass.width, pass.height));
    sum += static_cast<double>(pass.calls.size()) * of_call(pixels);
  }
  return sum / plan.passes.front().way;
}

double last_pixels(const GenerationPlan& plan, const ModelInfo& model) {
  const Pass& last = plan.passes.back();
  return static_cast<double>(model.latent_pixels(last.width, last.height));
}

// The same of the control nets, for a call that does what `choice` says.
double control_per_call_of_way(const GenerationPlan& plan, const ModelInfo& model, const Choice& choice, int halves) {
  double sum = 0;
  for (const Pass& pass : plan.passes) {
    const auto pixels = static_cast<double>(model.latent_pixels(pass.width, pass.height));
    const auto calls = static_cast<int>(pass.calls.size());
    for (int call = 0; call < calls && !pass.refines; ++call) {
      sum += control_multiply_adds(plan.settings, choice, call, calls, pixels, halves);
    }
  }
  return sum / plan.passes.front().way;
}

// `unit`: of a multiply-add in what the costs are told in.
void add_control(const GenerationPlan& plan, const ModelInfo& model, double unit, PassCosts& costs) {
  if (plan.settings.control_nets.empty()) return;
  const int halves = plan.settings.guided() ? 2 : 1;
  costs.full += unit * control_per_call_of_way(plan, model, Choice{}, halves);
  for (std::size_t i = 0; i < costs.cached.size(); ++i) {
    const Choice choice = Choice::cached(std::min(static_cast<int>(i), model.max_branch()));
    costs.cached[i] += unit * control_per_call_of_way(plan, model, choice, halves);
    costs.held[i] += unit * control_per_call_of_way(plan, model, choice, 1);
  }
}

PassCosts counted(const ModelInfo& model, const GenerationPlan& plan) {
  const CallSizes sizes{model};
  const double halves = plan.settings.guided() ? 2 : 1;
  PassCosts costs;
  costs.full = halves * per_call_of_way(plan, model, [&](double pixels) { return sizes.full(pixels); });
  for (int branch = 0; branch <= model.max_branch(); ++branch) {
    costs.held.push_back(per_call_of_way(plan, model, [&](double pixels) { return sizes.cached(branch, pixels); }));
    costs.cached.push_back(halves * costs.held.back());
  }
  costs.beside = halves * model.arithmetic->text + sizes.decoding(last_pixels(plan, model));
  add_control(plan, model, 1, costs);
  return costs;
}

// The seconds of a picture with two halves, of one without, or the other way around.
PassCosts for_halves(PassCosts seconds, bool were_two, bool are_two) {
  if (were_two == are_two) return seconds;
  const double factor = are_two ? 2 : 0.5;
  seconds.full *= factor;
  if (are_two) {
    for (double& cached : seconds.cached) cached *= factor;
  } else {
    seconds.cached = seconds.held;
  }
  return seconds;
}

PassCosts measured(const ModelInfo& model, const TunedCaching& tuned, const GenerationPlan& plan) {
  const CallSizes sizes{model};
  const auto before = static_cast<double>(model.latent_pixels(tuned.width, tuned.height));
  PassCosts seconds = for_halves(tuned.seconds, tuned.guidance_scale > 1, plan.settings.guided());
  const double per_multiply_add = seconds.full / ((plan.settings.guided() ? 2 : 1) * sizes.full(before));
  seconds.full *= per_call_of_way(plan, model, [&](double pixels) { return sizes.full(pixels) / sizes.full(before); });
  for (std::size_t i = 0; i < seconds.cached.size(); ++i) {
    const int branch = std::min(static_cast<int>(i), model.max_branch());
    const double factor = per_call_of_way(
        plan, model, [&](double pixels) { return sizes.cached(branch, pixels) / sizes.cached(branch, before); });
    seconds.cached[i] *= factor;
    seconds.held[i] *= factor;
  }
  seconds.beside *= sizes.decoding(last_pixels(plan, model)) / sizes.decoding(before);
  if (model.arithmetic && control_is_counted(plan.settings)) add_control(plan, model, per_multiply_add, seconds);
  return seconds;
}

}  // namespace

std::optional<PassCosts> picture_costs(const ModelInfo& model, const TunedCaching* tuned,
                                       const GenerationSettings& settings) {
  if (tuned == nullptr && !(model.arithmetic && control_is_counted(settings))) return {};
  GenerationSettings uncached = settings;
  uncached.cache = no_caching();
  const GenerationPlan plan = plan_generation(uncached);
  return tuned != nullptr ? measured(model, *tuned, plan) : counted(model, plan);
}

}  // namespace deepcache_gen
