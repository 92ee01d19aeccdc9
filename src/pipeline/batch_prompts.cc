#include "pipeline/batch_prompts.h"

#include <string>

namespace deepcache_gen {
namespace {

// Of what only classifier-free guidance reads.
void warn_of_no_effect(const GenerationSettings& settings, const PromptEncoder::Warn& warn) {
  if (settings.guided()) return;
  const std::string reason = settings.guidance_is_embedded ? "because the model's UNet takes the guidance scale itself"
                                                           : "at a guidance scale of 1 or below";
  if (settings.negative_prompt || settings.negative_prompt_2) warn("the negative prompt has no effect " + reason);
  if (settings.guidance_rescale != 0) warn("--guidance-rescale has no effect " + reason);
}

Conditioning halves_of(const std::vector<ImageConditioning>& images) {
  std::vector<Conditioning> rows;
  for (const ImageConditioning& image : images) {
    if (image.unconditional) rows.push_back(*image.unconditional);
  }
  for (const ImageConditioning& image : images) rows.push_back(image.prompt);
  return concatenate(rows);
}

}  // namespace

Conditioning BatchPrompts::conditioning_of(const Pass& pass) {
  const std::vector<EncodedPrompts>& encoded = encoded_for(pass);
  const PromptEncoder& encoder = parts_.prompt_encoder(pass.refines);
  std::vector<ImageConditioning> images;
  for (std::size_t i = 0; i < batch_.size(); ++i) {
    images.push_back(encoder.arrange(encoded[i], batch_[i].plan->settings.size_claims, pass.width, pass.height));
  }
  return halves_of(images);
}

const std::vector<EncodedPrompts>& BatchPrompts::encoded_for(const Pass& pass) {
  std::vector<EncodedPrompts>& encoded = encoded_[pass.refines];
  for (std::size_t i = encoded.size(); i < batch_.size(); ++i) {
    const bool same_prompt = i > 0 && batch_[i].plan == batch_[i - 1].plan;
    encoded.push_back(same_prompt ? encoded.back() : encode(i, pass.refines));
  }
  return encoded;
}

EncodedPrompts BatchPrompts::encode(std::size_t position, bool refines) const {
  const GenerationSettings& settings = batch_[position].plan->settings;
  // The refiner reads what the model has read, and would say the same of it.
  const auto warn = [&](const std::string& message) {
    if (!refines) observer_.on_warning(position, message);
  };
  warn_of_no_effect(settings, warn);
  return parts_.prompt_encoder(refines).encode(settings, parts_.embeddings(settings, refines), warn);
}

}  // namespace deepcache_gen
