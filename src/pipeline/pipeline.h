#pragma once

#include <memory>

#include "backend/execution_options.h"
#include "model/checksums.h"
#include "pipeline/engine.h"

namespace deepcache_gen {

/// The engine that runs a model folder's modules.
class Pipeline : public Engine {
 public:
  /// Loads the model's files. Throws `UsageError` for a device or dtype that is not to be had here, and `Error` for
  /// files that can't be used and for what the device's libraries fail with.
  Pipeline(const VerifiedModel& model, const ExecutionOptions& options);
  ~Pipeline() override;

  /// Throws as the constructor does for a device, dtype or number of threads that is not to be had here; loads nothing.
  static void check(const ModelInfo& model, const ExecutionOptions& options);

  void check(const GenerationSettings& settings) const override;
  EngineFacts facts() const override;
  int batch_size(const GenerationSettings& settings) const override;
  std::vector<std::size_t> prompt_lengths(const GenerationSettings& settings) const override;
  void generate(const std::vector<ImageJob>& batch, Observer& observer) const override;
  Calibration calibrate(const ImageJob& job, const CalibrationWish& wish, Observer& observer) const override;

 private:
  template <class Work>
  void run(const std::vector<ImageJob>& batch, const Work& work) const;

  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace deepcache_gen
