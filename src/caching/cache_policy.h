#pragma once

#include <vector>

namespace deepcache_gen {

struct CacheSpec;

/// A full step runs the whole UNet and keeps the deep feature; a cached step runs the outermost rungs and reuses it.
enum class StepKind { full, cached };

/// `full` or `cached`, as records, tables and messages write it.
inline const char* kind_text(StepKind kind) { return kind == StepKind::full ? "full" : "cached"; }

/// What a cached call takes from the last full one: the deep feature, on which the outermost rungs run (DeepCache), or
/// what it said the picture will be, on which nothing runs.
enum class Reuse { deep_feature, denoised };

/// What one UNet call is to do.
struct Choice {
  StepKind kind = StepKind::full;
  /// Cached: down rungs 1..branch run; full: the feature kept is what enters the up rung of skip `branch`.
  int branch = 0;
  /// Cached, under guidance: only the conditional half runs, and is guided by the difference between the halves that
  /// the last full call had.
  bool holds_guidance = false;
  /// Cached: how much of the change of what is reused between the last two full calls is carried on; 0: it is held.
  double extrapolation = 0;
  Reuse reuse = Reuse::deep_feature;

  /// That of a cached call of this branch, which runs both halves or holds guidance; nothing is carried on.
  static Choice cached(int branch, bool holds_guidance = false) { return {StepKind::cached, branch, holds_guidance}; }

  /// Whether the UNet runs at all.
  bool runs() const { return kind == StepKind::full || reuse == Reuse::deep_feature; }

  bool operator==(const Choice&) const = default;
};

/// The UNet calls of a pass.
struct PassCalls {
  int count = 0;   ///< how many there are
  int number = 0;  ///< of the pass, among those of a picture, from 0
  int first = 0;   ///< the place of its first call on the sampler's way, which a pass may begin in the middle of
  int way = 0;     ///< calls of the whole way
};

/// What each call of a pass is to do, as the policy of `spec` decides (DeepCache: Ma et al., arXiv 2312.00858, section
/// 3.2). The first is full. Throws `UsageError` where the policy has no answer for so many calls.
std::vector<Choice> choose_calls(const CacheSpec& spec, const PassCalls& pass);

}  // namespace deepcache_gen
