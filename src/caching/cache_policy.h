#pragma once

namespace deepcache_gen {

/// A full step runs the whole UNet and keeps the deep feature; a cached step runs the outermost rungs and reuses it.
enum class StepKind { full, cached };

/// `full` or `cached`, as records, tables and messages write it.
inline const char* kind_text(StepKind kind) { return kind == StepKind::full ? "full" : "cached"; }

/// What one UNet call is to do.
struct Choice {
  StepKind kind = StepKind::full;
  /// Cached: down rungs 1..branch run; full: the feature kept is what enters the up rung of skip `branch`.
  int branch = 0;
  bool guided = true;  ///< false: only the conditional half runs, where there is guidance at all

  bool operator==(const Choice&) const = default;
};

/// A UNet call that is about to be made.
struct CacheCall {
  /// Among the calls of the pass, from 0; never found by its timestep, since some samplers repeat timesteps.
  int index;
  int count;  ///< calls of the pass
};

/// Decides, call by call, which UNet calls are full (DeepCache: Ma et al., arXiv 2312.00858, section 3.2). One serves
/// one pass of one batch.
class CachePolicy {
 public:
  virtual ~CachePolicy() = default;

  /// Asked once for every call, in order. The first call of a pass is full whatever it says.
  virtual Choice choose(const CacheCall& call) = 0;
};

}  // namespace deepcache_gen
