#pragma once

#include <map>
#include <vector>

#include "pipeline/image_job.h"
#include "pipeline/loaded_model.h"
#include "pipeline/observer.h"

namespace deepcache_gen {

/// The prompts of a batch: encoded once for all passes of a model, and arranged for each.
class BatchPrompts {
 public:
  /// All is borrowed. `observer` is told of what has no effect or was cut off.
  BatchPrompts(const LoadedModel& parts, const std::vector<ImageJob>& batch, Observer& observer)
      : parts_(parts), batch_(batch), observer_(observer) {}

  /// What the UNet of a pass is told about the images, in order; with guidance the unconditional half first, as
  /// diffusers has it. Throws what `PromptEncoder` throws.
  Conditioning conditioning_of(const Pass& pass);

 private:
  const std::vector<EncodedPrompts>& encoded_for(const Pass& pass);
  EncodedPrompts encode(std::size_t position, bool refines) const;

  const LoadedModel& parts_;
  const std::vector<ImageJob>& batch_;
  Observer& observer_;
  std::map<bool, std::vector<EncodedPrompts>> encoded_;  ///< by the model's own encoders, and by its refiner's
};

}  // namespace deepcache_gen
