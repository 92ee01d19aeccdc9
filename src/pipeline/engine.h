#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "pipeline/calibration.h"
#include "pipeline/image_job.h"
#include "pipeline/observer.h"
#include "support/error.h"

namespace deepcache_gen {

/// Where and how fast a model was loaded.
struct EngineFacts {
  std::string device;  ///< cpu or cuda:N
  std::string dtype;   ///< fp32, tf32 (fp32 multiplied in TensorFloat-32), fp16 or bf16
  double load_seconds = 0;
  std::string threads = {};  ///< how many CPU threads it is spread over, and why
};

/// A loaded model that makes images. What it keeps from one batch to the next, such as packed weights, makes the next
/// faster and never another picture.
class Engine {
 public:
  virtual ~Engine() = default;

  virtual EngineFacts facts() const = 0;

  /// How many images of these settings go into one batch: what was asked for (`ExecutionOptions::batch_size`), else as
  /// many as fitted into the memory that was free when the model was loaded, at most 8. The same for the whole life of
  /// the engine.
  virtual int batch_size(const GenerationSettings& settings) const = 0;

  /// How long the prompts of these settings are, in whatever way: in one batch all are of the same length. Throws
  /// `Error` where they can't be read.
  virtual std::vector<std::size_t> prompt_lengths(const GenerationSettings&) const { return {}; }

  /// Throws `UsageError` naming the flag where what these settings name beside the model, such as a LoRA, does not fit
  /// it, which is found out only once the model is loaded. May be called while images are being made.
  virtual void check(const GenerationSettings&) const {}

  /// Makes these images in the same UNet calls (see `can_share_batch` in pipeline/picture_settings.h; at least one) and
  /// hands each over the moment it is done, or says why it could not be. Throws `Interrupted` when the observer asks to
  /// stop, and `Error` (of which `OutOfMemory` is one) or std::bad_alloc for what keeps the whole batch from being
  /// made.
  virtual void generate(const std::vector<ImageJob>& batch, Observer& observer) const = 0;

  /// Measures on the way of one picture, of one pass from noise and planned without caching, how far cached calls would
  /// lead away from it. Tells the observer of every call, and makes no picture. Throws as `generate` does.
  virtual Calibration calibrate(const ImageJob&, const CalibrationWish&, Observer&) const {
    throw Error("this engine can't be looked into");
  }
};

}  // namespace deepcache_gen
