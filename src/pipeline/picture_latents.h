#pragma once

#include <ATen/core/Tensor.h>

#include <cstddef>
#include <functional>
#include <memory>
#include <vector>

#include "model/vae_encoder.h"
#include "pipeline/prepared_picture.h"
#include "schedulers/noise_source.h"

namespace deepcache_gen {

/// Pictures that a pass begins with, as its loop sees them: float32 [images, channels, height, width], on the device.
struct PictureLatents {
  at::Tensor picture;         ///< scaled; undefined where nothing of it is needed
  at::Tensor noise;           ///< standard normal
  at::Tensor mask;            ///< one channel: 1 is painted anew, 0 stays; undefined: there is none
  at::Tensor masked_picture;  ///< the picture with a hole where it is painted anew; for a UNet that reads it
};

/// Who encodes, and what is drawn from.
struct PictureEncoding {
  const VaeEncoder& vae;
  /// `vae.encode` for the picture of that place in the batch: [3, height, width] in -1..1.
  std::function<VaeEncoder::Moments(std::size_t position, const at::Tensor& picture)> encode;
  NoiseSource& noise;
};

/// What of a picture is asked for.
struct PictureUse {
  bool begins_with_it = true;  ///< false: with noise alone
  bool unet_reads_mask = false;
};

/// What each image of a batch begins with; those of one prompt share it.
using PreparedPictures = std::vector<std::shared_ptr<const PreparedPicture>>;

/// Encodes a batch's pictures, in the order of its images; draws noise in the order in which
/// diffusers' pipelines do: for the picture, the noise itself, for the masked picture, each where there is one.
PictureLatents encode_pictures(const PreparedPictures& prepared, const PictureUse& use,
                               const PictureEncoding& encoding);

/// The same for pictures without masks that the pass before made.
PictureLatents encode_pictures(const std::vector<Image>& pictures, const PictureEncoding& encoding);

/// A picture as control nets see it: float32 [3, height, width] in 0..1.
at::Tensor control_picture_tensor(const Image& image);

/// What a UNet for inpainting reads beside the latents: [images, 1 + channels, height, width].
at::Tensor channels_beside(const PictureLatents& latents);

}  // namespace deepcache_gen
