#include "pipeline/picture_latents.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/from_blob.h>
#include <ATen/ops/stack.h>
#include <ATen/ops/upsample_nearest2d.h>

#include <functional>

namespace deepcache_gen {
namespace {

constexpr float kHalf = 0.5F;

at::Tensor values_of(const std::vector<std::uint8_t>& pixels, at::IntArrayRef sizes) {
  // It is only read.
  auto* const first = const_cast<std::uint8_t*>(pixels.data());
  return at::from_blob(first, sizes, at::kByte).to(at::kFloat) / 255;
}

// [3, height, width] in -1..1.
at::Tensor picture_tensor(const Image& image) {
  return values_of(image.pixels, {image.height, image.width, 3}).permute({2, 0, 1}).contiguous() * 2 - 1;
}

// [1, height, width], 0 or 1.
at::Tensor mask_tensor(const GrayImage& mask) {
  return (values_of(mask.pixels, {1, mask.height, mask.width}) >= kHalf).to(at::kFloat);
}

// Equal pictures, which those of one prompt are, are encoded once.
at::Tensor encode_all(const std::vector<at::Tensor>& pictures, const PictureEncoding& encoding) {
  std::vector<VaeEncoder::Moments> moments;
  for (std::size_t i = 0; i < pictures.size(); ++i) {
    const bool is_as_before = i > 0 && at::equal(pictures[i], pictures[i - 1]);
    moments.push_back(is_as_before ? moments.back() : encoding.encode(i, pictures[i]));
  }
  const at::Tensor drawn = encoding.vae.draws() ? encoding.noise.draw() : at::Tensor();
  std::vector<at::Tensor> latents;
  for (std::size_t i = 0; i < moments.size(); ++i) {
    latents.push_back(encoding.vae.sample(moments[i], drawn.defined() ? drawn[static_cast<std::int64_t>(i)] : drawn));
  }
  return at::stack(latents);
}

std::vector<at::Tensor> each(const std::vector<PreparedPicture>& prepared,
                             const std::function<at::Tensor(const PreparedPicture&)>& of) {
  std::vector<at::Tensor> tensors;
  for (const PreparedPicture& picture : prepared) tensors.push_back(of(picture));
  return tensors;
}

// Where it is painted anew it is grey, the middle of -1..1.
at::Tensor with_hole(const PreparedPicture& picture) {
  return picture_tensor(picture.image) * (mask_tensor(*picture.mask) < kHalf);
}

}  // namespace

PictureLatents encode_pictures(const std::vector<PreparedPicture>& prepared, const PictureUse& use,
                               const PictureEncoding& encoding) {
  const bool has_mask = prepared.front().mask.has_value();
  PictureLatents latents;
  // Without a UNet that reads masks what stays is put back at every step.
  if (use.begins_with_it || !use.unet_reads_mask) {
    const auto picture = [](const PreparedPicture& each) { return picture_tensor(each.image); };
    latents.picture = encode_all(each(prepared, picture), encoding);
  }
  latents.noise = encoding.noise.draw();
  if (!has_mask) return latents;
  const at::Tensor masks =
      at::stack(each(prepared, [](const PreparedPicture& picture) { return mask_tensor(*picture.mask); }));
  latents.mask = at::upsample_nearest2d(masks, latents.noise.sizes().slice(2)).to(latents.noise.device());
  if (use.unet_reads_mask) {
    latents.masked_picture = encode_all(each(prepared, with_hole), encoding);
  } else if (encoding.vae.draws()) {
    encoding.noise.draw();  // diffusers encodes the masked picture in any case; later draws must be the same
  }
  return latents;
}

PictureLatents encode_pictures(const std::vector<Image>& pictures, const PictureEncoding& encoding) {
  std::vector<PreparedPicture> prepared;
  for (const Image& picture : pictures) prepared.push_back({picture, {}});
  return encode_pictures(prepared, {}, encoding);
}

at::Tensor channels_beside(const PictureLatents& latents) { return at::cat({latents.mask, latents.masked_picture}, 1); }

}  // namespace deepcache_gen
