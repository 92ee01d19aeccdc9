#include "pipeline/picture_latents.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/from_blob.h>
#include <ATen/ops/stack.h>
#include <ATen/ops/upsample_nearest2d.h>

#include "backend/to_device.h"

namespace deepcache_gen {
namespace {

constexpr float kHalf = 0.5F;

at::Tensor values_of(const std::vector<std::uint8_t>& pixels, at::IntArrayRef sizes) {
  // It is only read.
  auto* const first = const_cast<std::uint8_t*>(pixels.data());
  return at::from_blob(first, sizes, at::kByte).to(at::kFloat) / 255;
}

// [3, height, width] in -1..1.
at::Tensor picture_tensor(const Image& image) { return control_picture_tensor(image) * 2 - 1; }

// [1, height, width], 0 or 1.
at::Tensor mask_tensor(const GrayImage& mask) {
  return (values_of(mask.pixels, {1, mask.height, mask.width}) >= kHalf).to(at::kFloat);
}

// Of each picture what `of` makes of it; what one prompt's images share is made once.
template <class Make>
auto each(const PreparedPictures& prepared, const Make& of) {
  std::vector<decltype(of(std::size_t{0}, *prepared.front()))> made;
  for (std::size_t i = 0; i < prepared.size(); ++i) {
    const bool is_shared = i > 0 && prepared[i] == prepared[i - 1];
    made.push_back(is_shared ? made.back() : of(i, *prepared[i]));
  }
  return made;
}

// `of`: the tensor of a picture that is encoded.
at::Tensor encode_all(const PreparedPictures& prepared, at::Tensor (*of)(const PreparedPicture&),
                      const PictureEncoding& encoding) {
  const auto moments = each(prepared, [&](std::size_t position, const PreparedPicture& picture) {
    return encoding.encode(position, of(picture));
  });
  const at::Tensor drawn = encoding.vae.draws() ? encoding.noise.draw() : at::Tensor();
  std::vector<at::Tensor> latents;
  for (std::size_t i = 0; i < moments.size(); ++i) {
    latents.push_back(encoding.vae.sample(moments[i], drawn.defined() ? drawn[static_cast<std::int64_t>(i)] : drawn));
  }
  return at::stack(latents);
}

at::Tensor whole(const PreparedPicture& picture) { return picture_tensor(picture.image); }

// Where it is painted anew it is grey, the middle of -1..1.
at::Tensor with_hole(const PreparedPicture& picture) {
  return picture_tensor(picture.image) * (mask_tensor(*picture.mask) < kHalf);
}

}  // namespace

PictureLatents encode_pictures(const PreparedPictures& prepared, const PictureUse& use,
                               const PictureEncoding& encoding) {
  PictureLatents latents;
  // Without a UNet that reads masks what stays is put back at every step.
  if (use.begins_with_it || !use.unet_reads_mask) latents.picture = encode_all(prepared, whole, encoding);
  latents.noise = encoding.noise.draw();
  if (!prepared.front()->mask) return latents;
  const at::Tensor masks =
      at::stack(each(prepared, [](std::size_t, const PreparedPicture& picture) { return mask_tensor(*picture.mask); }));
  latents.mask = to_device(at::upsample_nearest2d(masks, latents.noise.sizes().slice(2)), latents.noise.device());
  if (use.unet_reads_mask) {
    latents.masked_picture = encode_all(prepared, with_hole, encoding);
  } else if (encoding.vae.draws()) {
    encoding.noise.draw();  // diffusers encodes the masked picture in any case; later draws must be the same
  }
  return latents;
}

PictureLatents encode_pictures(const std::vector<Image>& pictures, const PictureEncoding& encoding) {
  PreparedPictures prepared;
  for (const Image& picture : pictures) {
    prepared.push_back(std::make_shared<const PreparedPicture>(PreparedPicture{picture, {}, {}}));
  }
  return encode_pictures(prepared, {}, encoding);
}

at::Tensor control_picture_tensor(const Image& image) {
  return values_of(image.pixels, {image.height, image.width, 3}).permute({2, 0, 1}).contiguous();
}

at::Tensor channels_beside(const PictureLatents& latents) { return at::cat({latents.mask, latents.masked_picture}, 1); }

}  // namespace deepcache_gen
