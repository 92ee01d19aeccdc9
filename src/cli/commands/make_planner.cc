#include "cli/commands/make_planner.h"

#include "cli/commands/random_seed.h"

namespace deepcache_gen {

PicturePlanner make_planner(const CommandLine& line, const ModelInfo& model) {
  const auto plan = [&model](const GenerationRequest& request) { return plan_generation(resolve(request, model)); };
  return {plan, random_seed, line.picture.output};
}

}  // namespace deepcache_gen
