#include "pipeline/generation_plan.h"

#include <algorithm>
#include <stdexcept>

namespace deepcache_gen {

int GenerationPlan::calls() const {
  std::size_t calls = 0;
  for (const Pass& pass : passes) calls += pass.calls.size();
  return static_cast<int>(calls);
}

std::size_t GenerationPlan::pass_of(int number) const {
  auto left = static_cast<std::size_t>(number);
  for (std::size_t pass = 0; pass < passes.size(); ++pass) {
    if (left < passes[pass].calls.size()) return pass;
    left -= passes[pass].calls.size();
  }
  throw std::out_of_range("there is no UNet call of that number");
}

const PlannedCall& GenerationPlan::call(int number) const {
  const std::size_t pass = pass_of(number);
  auto left = static_cast<std::size_t>(number);
  for (std::size_t before = 0; before < pass; ++before) left -= passes[before].calls.size();
  return passes[pass].calls[left];
}

int GenerationPlan::count(StepKind kind) const {
  std::ptrdiff_t count = 0;
  for (const Pass& pass : passes) {
    count += std::count_if(pass.calls.begin(), pass.calls.end(),
                           [&](const PlannedCall& call) { return call.choice.kind == kind; });
  }
  return static_cast<int>(count);
}

PlacedCalls GenerationPlan::full_calls() const {
  PlacedCalls placed;
  for (const Pass& pass : passes) {
    std::vector<int>& full = placed.emplace_back();
    for (std::size_t i = 0; i < pass.calls.size(); ++i) {
      if (pass.calls[i].choice.kind == StepKind::full) full.push_back(static_cast<int>(i));
    }
  }
  return placed;
}

int GenerationPlan::halves(const Choice& choice) const {
  if (!choice.runs()) return 0;
  const bool holds_one = choice.kind == StepKind::cached && choice.holds_guidance;
  return settings.guided() && !holds_one ? 2 : 1;
}

}  // namespace deepcache_gen
