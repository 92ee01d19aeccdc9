#include "pipeline/control_costs.h"

#include <algorithm>

namespace deepcache_gen {
namespace {

double of_net_call(const ControlArithmetic& net, const Choice& choice, ControlCache cache, double latent_pixels) {
  if (choice.kind == StepKind::full || cache == ControlCache::full) return net.full_pass(latent_pixels);
  return cache == ControlCache::held ? 0 : net.cached_pass(choice.branch, latent_pixels);
}

}  // namespace

bool control_is_counted(const GenerationSettings& settings) {
  return std::all_of(settings.control_nets.begin(), settings.control_nets.end(),
                     [](const ControlNetSettings& net) { return net.net->control_arithmetic.has_value(); });
}

double control_multiply_adds(const GenerationSettings& settings, const Choice& choice, int call, int calls,
                             double latent_pixels, int halves) {
  double sum = 0;
  for (const ControlNetSettings& net : settings.control_nets) {
    if (!net.takes_part(call, calls)) continue;
    const bool guesses = settings.control_guess || net.net->control_net->pools;
    const int own_halves = guesses ? std::min(halves, 1) : halves;
    sum += own_halves * of_net_call(*net.net->control_arithmetic, choice, settings.control_cache, latent_pixels);
  }
  return sum;
}

double control_picture_multiply_adds(const GenerationSettings& settings, double latent_pixels) {
  double sum = 0;
  for (const ControlNetSettings& net : settings.control_nets)
    sum += net.net->control_arithmetic->picture.at(latent_pixels);
  return sum;
}

}  // namespace deepcache_gen
