#include "pipeline/prompt_encoder.h"

#include "support/error.h"

namespace deepcache_gen {
namespace {

constexpr const char* kNoNegativePrompt =
    "--negative-prompt-2 has no effect without --negative-prompt, since this model then reads nothing at all; give "
    "--negative-prompt too, which may be empty";

// As much of a text as a line has room for, never half a character.
std::string beginning(std::string text) {
  constexpr std::size_t kRoom = 80;
  if (text.size() <= kRoom) return text;
  std::size_t end = kRoom;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
  text.resize(end);
  return text + "...";
}

std::string truncation_warning(const std::string& name, const TokenizedPrompt& tokens) {
  return name + " has " + std::to_string(tokens.token_count) + " tokens, the model reads " +
         std::to_string(tokens.ids.size() - 2) + "; this was cut off: '" + beginning(tokens.truncated_text) + "'";
}

}  // namespace

PromptEncoder::PromptEncoder(const ModelInfo& model, std::vector<PromptReader> readers)
    : arrange_(find_family(model.family)),
      context_size_(model.unet().context_size),
      zero_unset_negative_prompt_(model.zero_unset_negative_prompt),
      readers_(std::move(readers)) {}

EncodedPrompts PromptEncoder::encode(const GenerationSettings& settings, const Warn& warn) const {
  EncodedPrompts encoded{
      encode_text({"the prompt", settings.prompt, settings.prompt_2.value_or(settings.prompt)}, warn), {}};
  if (!settings.guided()) return encoded;
  if (!settings.negative_prompt && zero_unset_negative_prompt_) {
    if (settings.negative_prompt_2) warn(kNoNegativePrompt);
    encoded.unconditional = zero_text(encoded.prompt);
    return encoded;
  }
  const std::string negative = settings.negative_prompt.value_or("");
  encoded.unconditional =
      encode_text({"the negative prompt", negative, settings.negative_prompt_2.value_or(negative)}, warn);
  return encoded;
}

ImageConditioning PromptEncoder::arrange(const EncodedPrompts& prompts, const SizeClaims& claims, int width,
                                         int height) const {
  const SizeConditioning sizes{.original_width = claims.original_width.value_or(width),
                               .original_height = claims.original_height.value_or(height),
                               .crop_top = claims.crop_top.value_or(0),
                               .crop_left = claims.crop_left.value_or(0),
                               .target_width = claims.target_width.value_or(width),
                               .target_height = claims.target_height.value_or(height)};
  ImageConditioning image{arrange_half(prompts.prompt, sizes, Half::conditional), {}};
  if (prompts.unconditional) {
    image.unconditional = arrange_half(*prompts.unconditional, sizes, Half::unconditional);
  }
  return image;
}

std::vector<TextEncoding> PromptEncoder::encode_text(const Text& text, const Warn& warn) const {
  std::vector<TextEncoding> encodings;
  for (const PromptReader& reader : readers_) {
    const bool is_first = encodings.empty();
    const std::string& read = is_first ? text.first : text.second;
    const TokenizedPrompt tokens = reader.tokenizer->tokenize(read);
    // Two encoders that read the same length of the same text would say the same twice.
    if (!tokens.truncated_text.empty() && (is_first || read != text.first)) {
      warn(truncation_warning(is_first ? text.name : text.name + " of the second encoder", tokens));
    }
    encodings.push_back(reader.text_encoder->encode({tokens.ids}, {}));
  }
  return encodings;
}

Conditioning PromptEncoder::arrange_half(const std::vector<TextEncoding>& text, const SizeConditioning& sizes,
                                         Half half) const {
  Conditioning conditioning = arrange_(text, sizes, half);
  if (conditioning.context.size(-1) == context_size_) return conditioning;
  throw Error("the text encoders give " + std::to_string(conditioning.context.size(-1)) +
              " numbers a token, context_size of the unet in model.json is " + std::to_string(context_size_) +
              "; export the model again with scripts/export_model.py");
}

}  // namespace deepcache_gen
