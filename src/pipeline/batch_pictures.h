#pragma once

#include <optional>
#include <vector>

#include "backend/device_clock.h"
#include "pipeline/denoising_loop.h"
#include "pipeline/image_job.h"
#include "pipeline/loaded_model.h"
#include "pipeline/observer.h"
#include "pipeline/picture_latents.h"
#include "pipeline/tile_choice.h"

namespace deepcache_gen {

/// What a pass begins with, and what it goes on with beside the latents.
struct PassBeginning {
  at::Tensor latents;
  at::Tensor beside{};                ///< see `Denoiser`
  std::optional<KeptLatents> kept{};  ///< see `run_denoising_loop`
};

/// The pictures of a batch, on their way into latents and out of them.
class BatchPictures {
 public:
  /// All is borrowed. `observer` is told how pictures are used that are given.
  BatchPictures(const ModelInfo& model, const Placement& placement, const LoadedModel& parts, TileChoice& tiles,
                const std::vector<ImageJob>& batch, DeviceClock& clock, Observer& observer);

  /// The beginning of a pass, as noisy as the sampler's first call expects; draws from `noise` in diffusers' order.
  /// `before`: what the pass before ended with. Throws `Error` where a picture has changed since it was planned.
  PassBeginning begin(const Pass& pass, const Sampler& sampler, NoiseSource& noise, const at::Tensor& before);

  /// The pictures of the control net of that place in the settings, as it sees them in this pass, which has begun:
  /// float32 [images, 3, height, width]. Throws as `begin` does.
  at::Tensor control_pictures(const Pass& pass, std::size_t net);

  /// The finished picture of an image of the batch. `latents`: [channels, height, width].
  Image finish(std::size_t position, const at::Tensor& latents);

  /// Height and width of a pass's latents.
  std::vector<std::int64_t> latent_sides(const Pass& pass) const;
  /// Seconds of reading and encoding so far, which are waited for.
  double seconds() const;

 private:
  const GenerationSettings& settings(std::size_t position) const { return batch_[position].plan->settings; }
  PassBeginning begin_with_picture(const Pass& pass, const Sampler& sampler, NoiseSource& noise);
  PictureLatents enlarge(const Pass& pass, const at::Tensor& latents, NoiseSource& noise);
  void prepare();
  PictureEncoding encoding_of(const Pass& pass, NoiseSource& noise);
  Image decode(std::size_t position, const at::Tensor& latents);
  template <class Work>
  auto in_tiles(std::size_t position, int width, int height, const Work& work);

  const ModelInfo& model_;
  const Placement& placement_;
  const LoadedModel& parts_;
  TileChoice& tiles_;
  const std::vector<ImageJob>& batch_;
  DeviceClock& clock_;
  Observer& observer_;
  PreparedPictures prepared_;      ///< of every image, where it begins with one
  std::vector<DeviceSpan> spans_;  ///< of reading and encoding
};

}  // namespace deepcache_gen
