#include "pipeline/picture_costs.h"
#include "pipeline/tasks/task_table.h"
#include "schedulers/step_plan.h"
#include "support/error.h"

// Of builds without LibTorch, for sanitizers and fuzzing, which plan no pictures: noise schedules are computed by it.

namespace deepcache_gen {
namespace {

[[noreturn]] void refuse_to_plan() { throw Error("this build has no LibTorch, which planning a picture needs"); }

}  // namespace

std::vector<Step> plan_steps(const SchedulerConfig&, int) { refuse_to_plan(); }

GenerationPlan plan_generation(const GenerationSettings&) { refuse_to_plan(); }

std::optional<PassCosts> picture_costs(const ModelInfo&, const TunedCaching*, const GenerationSettings&) {
  refuse_to_plan();
}

}  // namespace deepcache_gen
