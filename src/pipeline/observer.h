#pragma once

#include <cstddef>
#include <optional>
#include <string>

#include "caching/cache_policy.h"
#include "pipeline/generated_image.h"
#include "support/error.h"

namespace deepcache_gen {

/// How far a UNet call took things, as |new - old| / |old| in the Euclidean norm over the whole batch.
struct Movement {
  double latents;                      ///< since the call before; of the first call: since the noise
  std::optional<double> deep_feature;  ///< since the last full step; unset on cached steps and on the first
};

/// One finished UNet call.
struct StepReport {
  int index;                         ///< of the call, from 0, over all passes of the plan
  int total;                         ///< calls per batch
  Choice choice;                     ///< what was done, which need not be what was planned
  double seconds;                    ///< of this call, guidance and sampler included
  int images;                        ///< that the call works on at once
  std::optional<Movement> movement;  ///< where it was asked for
};

/// What an observer wants to be told beside the images; working it out takes time.
struct Curiosity {
  bool movement = false;  ///< of every step
  int preview_every = 0;  ///< UNet calls between previews, the last call has one in any case; 0: none
};

/// What the engine tells while it makes a batch; it never prints. `position` is an image's place in the batch. All
/// calls come from the thread that generates.
class Observer {
 public:
  virtual ~Observer() = default;
  virtual Curiosity curiosity() const { return {}; }
  virtual void on_step(const StepReport& step) = 0;
  /// What the batch will roughly look like, its pictures side by side; of models that have a preview map only.
  virtual void on_preview(const Image&) {}
  virtual void on_image(std::size_t position, GeneratedImage image) = 0;
  /// This image could not be made; the others of the batch can.
  virtual void on_failure(std::size_t position, const Error& problem) = 0;
  /// Something the user should know, as one line (a truncated prompt, a VAE retried in float32).
  virtual void on_warning(std::size_t position, const std::string& message) = 0;
  /// How something was done, for who wants to know all (-v).
  virtual void on_detail(const std::string&) {}
  /// Asked before every UNet call; true ends the work with `Interrupted`.
  virtual bool stop_requested() const = 0;
};

}  // namespace deepcache_gen
