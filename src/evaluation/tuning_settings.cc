#include "evaluation/tuning_settings.h"

#include <algorithm>
#include <cmath>
#include <set>

namespace deepcache_gen {
namespace {

constexpr std::size_t kCheckedOfFront = 8;

struct Uniform {
  int interval, branch;
};
constexpr Uniform kUniform[]{{2, 0}, {3, 0}, {5, 0}, {3, 1}, {5, 1}};
constexpr std::size_t kMatchedBySteps = 3;  // the first of them

class SettingsToCheck {
 public:
  SettingsToCheck(const std::vector<TunedPlacement>& front, const PassCosts& costs, const GenerationPlan& uncached,
                  std::span<const int> branches)
      : front_(front), costs_(costs), plan_(uncached), branches_(branches), calls_(uncached.calls()) {
    add(CheckKind::uncached, "uncached", cost_of_full(calls_),
        [](GenerationRequest& request) { request.cache = ask_for_no_caching(); });
  }

  void add_tuned() {
    std::set<std::size_t> places;
    for (const Uniform& uniform : known_uniform()) {
      for (const Reuse reuse : {Reuse::deep_feature, Reuse::denoised}) {
        if (const auto place = best_within(cost(uniform), reuse)) places.insert(*place);
      }
    }
    const std::size_t useful = number_of_useful();
    for (std::size_t i = 0; i < kCheckedOfFront && useful > 0 && places.size() < kCheckedOfFront; ++i) {
      places.insert(i * (useful - 1) / (kCheckedOfFront - 1));
    }
    for (const std::size_t place : places) {
      const TunedPlacement& placement = front_[place];
      add(CheckKind::tuned, curve_name(placement), cost(placement),
          [placement](GenerationRequest& request) { request.cache = asking_for(placement); });
      settings_.back().place = place;
    }
  }

  void add_uniform() {
    for (const Uniform& uniform : known_uniform()) {
      add(CheckKind::uniform, std::to_string(uniform.interval) + "/" + std::to_string(uniform.branch), cost(uniform),
          [uniform](GenerationRequest& request) {
            request.cache = {uniform_caching(uniform.interval, uniform.branch).options, no_caching().policy};
          });
    }
  }

  // As many steps as take no longer.
  void add_fewer_steps(std::span<const std::optional<std::vector<int>>> placements) {
    std::set<int> counts;
    for (std::size_t i = 0; i < kMatchedBySteps; ++i) {
      const double steps = cost(kUniform[i]) / costs_.full * plan_.settings.steps / calls_;
      counts.insert(std::clamp(static_cast<int>(steps), 1, plan_.settings.steps));
    }
    counts.erase(plan_.settings.steps);
    for (const int count : counts) {
      const double expected = cost_of_full(calls_) * count / plan_.settings.steps;
      add(CheckKind::fewer_steps, steps_name(count), expected, [count](GenerationRequest& request) {
        request.cache = ask_for_no_caching();
        request.steps = count;
      });
      if (calls_ == plan_.settings.steps) add_steps_on_curve(placements, count, expected);
    }
  }

  std::vector<CheckSetting> take() { return std::move(settings_); }

 private:
  void add(CheckKind kind, std::string name, double expected, std::function<void(GenerationRequest&)> ask) {
    settings_.push_back({kind, std::move(name), expected, {}, std::move(ask)});
  }

  void add_steps_on_curve(std::span<const std::optional<std::vector<int>>> placements, int count, double expected) {
    const std::optional<std::vector<int>>& placement = placements[static_cast<std::size_t>(count - 1)];
    if (!placement) return;
    std::vector<double> timesteps;
    for (const int call : *placement) timesteps.push_back(plan_.call(call).timestep);
    add(CheckKind::fewer_steps_on_curve, steps_name(count) + ", curve", expected,
        [timesteps](GenerationRequest& request) {
          request.cache = ask_for_no_caching();
          request.sigma_schedule.reset();
          request.steps.reset();
          request.timesteps = timesteps;
        });
  }

  static std::string steps_name(int count) { return std::to_string(count) + (count == 1 ? " step" : " steps"); }

  static std::map<std::string, double> options_of(const TunedPlacement& placement) {
    const Choice& cached = placement.cached;
    std::map<std::string, double> options{{kExtrapolation.name, cached.extrapolation}};
    if (cached.runs()) {
      options[kBranch.name] = cached.branch;
      options[kGuidance.name] = cached.holds_guidance ? 1 : 0;
    } else {
      options[kReuse.name] = 1;
    }
    return options;
  }

  static std::string curve_name(const TunedPlacement& placement) {
    CacheSpec spec{"curve", options_of(placement)};
    spec.options[kFullCalls.name] = static_cast<double>(placement.full.size());
    return cache_policy_text(spec);
  }

  static CacheRequest asking_for(const TunedPlacement& placement) {
    return {options_of(placement), "steps", {placement.full}};
  }

  std::vector<Uniform> known_uniform() const {
    std::vector<Uniform> known;
    for (const Uniform& uniform : kUniform) {
      const bool is_measured = std::find(branches_.begin(), branches_.end(), uniform.branch) != branches_.end();
      if (is_measured && uniform.interval <= plan_.settings.steps) known.push_back(uniform);
    }
    return known;
  }

  double cost_of_full(int calls) const { return calls * costs_.full; }
  double cost(const TunedPlacement& placement) const {
    return costs_.of_picture(calls_, static_cast<int>(placement.full.size()), placement.cached);
  }
  double cost(const Uniform& uniform) const {
    return costs_.of_picture(calls_, (calls_ + uniform.interval - 1) / uniform.interval,
                             Choice::cached(uniform.branch));
  }

  // Of those that reuse the same the dearest errs least.
  std::optional<std::size_t> best_within(double allowed, Reuse reuse) const {
    constexpr double kRounding = 1 + 1e-9;
    std::optional<std::size_t> best;
    for (std::size_t i = 0; i < front_.size() && cost(front_[i]) <= allowed * kRounding; ++i) {
      if (front_[i].cached.reuse == reuse) best = i;
    }
    return best;
  }

  // Those that save enough for anybody to want them.
  std::size_t number_of_useful() const {
    constexpr double kWorthwhile = 0.75;
    const auto is_useful = [&](const TunedPlacement& placement) {
      return cost(placement) <= kWorthwhile * cost_of_full(calls_);
    };
    return static_cast<std::size_t>(std::count_if(front_.begin(), front_.end(), is_useful));
  }

  const std::vector<TunedPlacement>& front_;
  const PassCosts& costs_;
  const GenerationPlan& plan_;
  const std::span<const int> branches_;
  const int calls_;
  std::vector<CheckSetting> settings_;
};

}  // namespace

CacheRequest ask_for_no_caching() { return {no_caching().options, no_caching().policy}; }

std::vector<CheckSetting> settings_to_check(const std::vector<TunedPlacement>& front, const PassCosts& costs,
                                            const GenerationPlan& uncached, std::span<const int> branches,
                                            std::span<const std::optional<std::vector<int>>> placements) {
  SettingsToCheck settings(front, costs, uncached, branches);
  settings.add_tuned();
  settings.add_uniform();
  settings.add_fewer_steps(placements);
  return settings.take();
}

}  // namespace deepcache_gen
