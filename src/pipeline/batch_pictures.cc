#include "pipeline/batch_pictures.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/stack.h>
#include <ATen/ops/upsample_bilinear2d.h>
#include <ATen/ops/upsample_nearest2d.h>

#include <string>
#include <utility>

#include "backend/to_device.h"
#include "image/resize.h"
#include "pipeline/to_image.h"
#include "pipeline/upscalers.h"

namespace deepcache_gen {
namespace {

// As torch.nn.functional.interpolate has them; bilinear without antialiasing. `sides`: height and width.
at::Tensor resized_latents(const at::Tensor& latents, const Upscaler& upscaler,
                           const std::vector<std::int64_t>& sides) {
  constexpr bool kAlignCorners = false;
  return upscaler.smooth ? at::upsample_bilinear2d(latents, sides, kAlignCorners)
                         : at::upsample_nearest2d(latents, sides);
}

}  // namespace

BatchPictures::BatchPictures(const ModelInfo& model, const Placement& placement, const LoadedModel& parts,
                             TileChoice& tiles, const std::vector<ImageJob>& batch, DeviceClock& clock,
                             Observer& observer)
    : model_(model),
      placement_(placement),
      parts_(parts),
      tiles_(tiles),
      batch_(batch),
      clock_(clock),
      observer_(observer) {
  for (std::size_t i = 0; i < batch_.size(); ++i) {
    for (const std::string& note : notes_on_input(settings(i))) observer_.on_warning(i, note);
  }
}

PassBeginning BatchPictures::begin(const Pass& pass, const Sampler& sampler, NoiseSource& noise,
                                   const at::Tensor& before) {
  if (pass.start == Start::latents) return {before};
  if (pass.start == Start::enlarged) {
    const PictureLatents larger = enlarge(pass, before, noise);
    return {sampler.add_noise(larger.picture, larger.noise, sampler.steps().front())};
  }
  if (!settings(0).init_picture) return {noise.draw() * sampler.init_noise_sigma()};
  return begin_with_picture(pass, sampler, noise);
}

PassBeginning BatchPictures::begin_with_picture(const Pass& pass, const Sampler& sampler, NoiseSource& noise) {
  const PictureUse use{pass.start == Start::picture, model_.unet().is_inpainting()};
  auto begin = clock_.mark();
  prepare();
  const PictureLatents start = encode_pictures(prepared_, use, encoding_of(pass, noise));
  spans_.push_back({std::move(begin), clock_.mark()});
  PassBeginning beginning{use.begins_with_it ? sampler.add_noise(start.picture, start.noise, sampler.steps().front())
                                             : start.noise * sampler.init_noise_sigma()};
  if (!start.mask.defined()) return beginning;
  if (use.unet_reads_mask) {
    beginning.beside = channels_beside(start);
  } else {
    beginning.kept = KeptLatents{start.mask, start.picture, start.noise};
  }
  return beginning;
}

PictureLatents BatchPictures::enlarge(const Pass& pass, const at::Tensor& latents, NoiseSource& noise) {
  const Upscaler& upscaler = upscaler_named(settings(0).hires->upscaler);
  if (!upscaler.enlarges_pixels) return {resized_latents(latents, upscaler, latent_sides(pass)), noise.draw(), {}, {}};
  auto begin = clock_.mark();
  std::vector<Image> pictures;
  for (std::size_t i = 0; i < batch_.size(); ++i) {
    pictures.push_back(resize_lanczos(decode(i, latents[static_cast<std::int64_t>(i)]), pass.width, pass.height));
  }
  PictureLatents larger = encode_pictures(pictures, encoding_of(pass, noise));
  spans_.push_back({std::move(begin), clock_.mark()});
  return larger;
}

void BatchPictures::prepare() {
  for (std::size_t i = 0; i < batch_.size(); ++i) {
    const bool same_prompt = i > 0 && batch_[i].plan == batch_[i - 1].plan;
    prepared_.push_back(same_prompt ? prepared_.back()
                                    : std::make_shared<const PreparedPicture>(prepare_picture(settings(i))));
  }
}

at::Tensor BatchPictures::control_pictures(const Pass& pass, std::size_t net) {
  auto begin = clock_.mark();
  std::vector<at::Tensor> pictures;
  for (std::size_t i = 0; i < batch_.size(); ++i) {
    if (i > 0 && batch_[i].plan == batch_[i - 1].plan) {
      pictures.push_back(pictures.back());
      continue;
    }
    const bool is_cut_out = !prepared_.empty() && prepared_[i]->surroundings;
    const InputPicture& picture = settings(i).control_nets[net].picture;
    pictures.push_back(control_picture_tensor(prepare_control_picture(
        picture, is_cut_out ? prepared_[i]->surroundings->box : std::nullopt, settings(i), pass.width, pass.height)));
  }
  at::Tensor stacked = to_device(at::stack(pictures), placement_.device);
  spans_.push_back({std::move(begin), clock_.mark()});
  return stacked;
}

// `work`: what the VAE does with a picture of that size.
template <class Work>
auto BatchPictures::in_tiles(std::size_t position, int width, int height, const Work& work) {
  const auto warn = [&](const std::string& message) { observer_.on_warning(position, message); };
  return tiles_.run(width, height, settings(position).vae_tile_pixels, warn, work);
}

PictureEncoding BatchPictures::encoding_of(const Pass& pass, NoiseSource& noise) {
  const VaeEncoder& vae = parts_.vae_encoder();
  const auto encode = [this, &pass, &vae](std::size_t position, const at::Tensor& picture) {
    return in_tiles(position, pass.width, pass.height,
                    [&](std::optional<int> tile) { return vae.encode(picture, tile); });
  };
  return {vae, encode, noise};
}

Image BatchPictures::decode(std::size_t position, const at::Tensor& latents) {
  const int scale = model_.vae_scale;
  const int width = static_cast<int>(latents.size(2)) * scale, height = static_cast<int>(latents.size(1)) * scale;
  const VaeDecoder::Decoded decoded = in_tiles(
      position, width, height, [&](std::optional<int> tile) { return parts_.vae_decoder().decode(latents, tile); });
  if (decoded.retried_in_float32) {
    observer_.on_warning(position,
                         "the VAE overflowed in " + dtype_name(placement_) + "; the picture was decoded again in fp32");
  }
  return to_image(decoded.picture);
}

Image BatchPictures::finish(std::size_t position, const at::Tensor& latents) {
  Image picture = decode(position, latents);
  return prepared_.empty() ? picture : put_back(prepared_[position]->surroundings, std::move(picture));
}

double BatchPictures::seconds() const {
  double seconds = 0;
  for (const DeviceSpan& span : spans_) seconds += span.seconds();
  return seconds;
}

std::vector<std::int64_t> BatchPictures::latent_sides(const Pass& pass) const {
  return {pass.height / model_.vae_scale, pass.width / model_.vae_scale};
}

}  // namespace deepcache_gen
