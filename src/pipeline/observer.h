#pragma once

#include <string>

#include "caching/cache_plan.h"
#include "pipeline/generated_image.h"

namespace deepcache_gen {

/// One finished UNet call. A call works on `images` images at once.
struct StepReport {
  int index;  ///< of the call, from 0
  int total;  ///< calls per batch
  StepKind kind;
  double seconds;  ///< of this call, guidance and sampler included
  int first_image, images;
};

/// What the engine tells while it works; it never prints. All calls come from the thread that generates.
class Observer {
 public:
  virtual ~Observer() = default;
  virtual void on_step(const StepReport& step) = 0;
  virtual void on_image(GeneratedImage image) = 0;
  /// Something the user should know, as one line (a truncated prompt, a VAE retried in float32).
  virtual void on_warning(const std::string& message) = 0;
  /// Asked before every UNet call; true ends the work with `Interrupted`.
  virtual bool stop_requested() const = 0;
};

}  // namespace deepcache_gen
