#include "pipeline/generation_plan.h"

#include <algorithm>
#include <stdexcept>

namespace deepcache_gen {

int GenerationPlan::calls() const {
  std::size_t calls = 0;
  for (const Pass& pass : passes) calls += pass.calls.size();
  return static_cast<int>(calls);
}

const PlannedCall& GenerationPlan::call(int number) const {
  auto left = static_cast<std::size_t>(number);
  for (const Pass& pass : passes) {
    if (left < pass.calls.size()) return pass.calls[left];
    left -= pass.calls.size();
  }
  throw std::out_of_range("there is no UNet call of that number");
}

int GenerationPlan::count(StepKind kind) const {
  std::ptrdiff_t count = 0;
  for (const Pass& pass : passes) {
    count += std::count_if(pass.calls.begin(), pass.calls.end(),
                           [&](const PlannedCall& call) { return call.choice.kind == kind; });
  }
  return static_cast<int>(count);
}

}  // namespace deepcache_gen
