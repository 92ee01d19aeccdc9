#pragma once

#include <memory>
#include <string>

#include "backend/execution_options.h"
#include "model/model_info.h"
#include "pipeline/generation_plan.h"
#include "pipeline/observer.h"

namespace deepcache_gen {

/// A loaded model, ready to make images. It keeps nothing from one `generate` to the next.
class Pipeline {
 public:
  /// Loads the model's files, verifying their checksums. Throws `UsageError` for a device or dtype that is not to be
  /// had here and `Error` for files that can't be used.
  Pipeline(const ModelInfo& model, const ExecutionOptions& options);
  ~Pipeline();

  /// Throws as the constructor does for a device, dtype or number of threads that is not to be had here; loads nothing.
  static void check(const ModelInfo& model, const ExecutionOptions& options);

  /// Makes the planned images, in batches of at most `settings.batch_size`, and hands each over the moment it is done.
  /// Throws `Interrupted` when the observer asks to stop, `UsageError` for a prompt that can't be tokenized.
  void generate(const GenerationPlan& plan, Observer& observer) const;

  std::string device() const;  ///< as resolved: cpu or cuda:N
  std::string dtype() const;   ///< as resolved: fp32, fp16 or bf16
  double load_seconds() const;

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace deepcache_gen
