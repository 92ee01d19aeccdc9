#include "pipeline/prompt_encoder.h"

#include <algorithm>

#include "support/error.h"
#include "text/prompt_chunks.h"
#include "text/prompt_tags.h"
#include "text/weighted_prompt.h"

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
         std::to_string(tokens.ids.size() - 2) + "; this was cut off: '" + beginning(tokens.truncated_text) +
         "'; --prompt-style a1111 reads all of it";
}

}  // namespace

PromptEncoder::PromptEncoder(const ModelInfo& model, std::vector<PromptReader> readers)
    : arrange_(find_family(model.family)),
      context_size_(model.unet().context_size),
      zero_unset_negative_prompt_(model.zero_unset_negative_prompt),
      readers_(std::move(readers)) {}

EncodedPrompts PromptEncoder::encode(const GenerationSettings& settings, std::span<const Embedding> embeddings,
                                     const Warn& warn) const {
  const std::vector<Text> texts = texts_of(settings, reads_negative(settings));
  std::vector<std::vector<TextEncoding>> encodings;
  for (const Text& text : texts) encodings.push_back(encode_text(text, settings, embeddings, warn));
  if (settings.prompt_style == PromptStyle::a1111) {
    const std::size_t most = chunks(settings, embeddings);
    for (std::vector<TextEncoding>& encoding : encodings) {
      for (std::size_t i = 0; i < readers_.size(); ++i) {
        pad_to_chunks(encoding[i], most, readers_[i], settings.clip_skip);
      }
    }
  }
  EncodedPrompts encoded{encodings.front(), {}};
  if (!settings.guided()) return encoded;
  encoded.unconditional = encodings.size() > 1 ? encodings[1] : zero_text(encoded.prompt);
  if (encodings.size() == 1 && settings.negative_prompt_2) warn(kNoNegativePrompt);
  return encoded;
}

std::size_t PromptEncoder::chunks(const GenerationSettings& settings, std::span<const Embedding> embeddings) const {
  if (settings.prompt_style != PromptStyle::a1111) return 1;
  std::size_t most = 1;
  for (const Text& text : texts_of(settings, reads_negative(settings))) {
    for (std::size_t i = 0; i < readers_.size(); ++i) {
      const WeightedPrompt prompt = parse_weighted_prompt(take_tags(text.read_by(i)).text);
      const ReadersEmbeddings known = embeddings_for(embeddings, i);
      most = std::max(most, chunk_prompt(*readers_[i].tokenizer, prompt, known.tokens).size());
    }
  }
  return most;
}

bool PromptEncoder::reads_negative(const GenerationSettings& settings) const {
  return settings.guided() && (settings.negative_prompt || !zero_unset_negative_prompt_);
}

std::vector<PromptEncoder::Text> PromptEncoder::texts_of(const GenerationSettings& settings, bool reads_negative) {
  std::vector<Text> texts{{"the prompt", settings.prompt, settings.prompt_2.value_or(settings.prompt)}};
  if (!reads_negative) return texts;
  const std::string negative = settings.negative_prompt.value_or("");
  texts.push_back({"the negative prompt", negative, settings.negative_prompt_2.value_or(negative)});
  return texts;
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

std::vector<TextEncoding> PromptEncoder::encode_text(const Text& text, const GenerationSettings& settings,
                                                     std::span<const Embedding> embeddings, const Warn& warn) const {
  const auto encode_by =
      settings.prompt_style == PromptStyle::a1111 ? &PromptEncoder::encode_weighted : &PromptEncoder::encode_plain;
  std::vector<TextEncoding> encodings;
  for (std::size_t i = 0; i < readers_.size(); ++i) {
    encodings.push_back((this->*encode_by)(i, text, embeddings_for(embeddings, i), settings, warn));
  }
  return encodings;
}

TextEncoding PromptEncoder::encode_plain(std::size_t number, const Text& text, const ReadersEmbeddings& known,
                                         const GenerationSettings& settings, const Warn& warn) const {
  const PromptReader& reader = readers_[number];
  const TokenizedPrompt tokens = reader.tokenizer->tokenize(text.read_by(number), known.tokens);
  if (!tokens.truncated_text.empty() && text.is_new_to(number)) {
    warn(truncation_warning(text.name_for(number), tokens));
  }
  return reader.text_encoder->encode({tokens.ids}, settings.clip_skip, {known.rows});
}

TextEncoding PromptEncoder::encode_weighted(std::size_t number, const Text& text, const ReadersEmbeddings& known,
                                            const GenerationSettings& settings, const Warn& warn) const {
  const WeightedPrompt prompt = parse_weighted_prompt(take_tags(text.read_by(number)).text);
  for (const std::string& remark : prompt.remarks) {
    if (text.is_new_to(number)) warn(text.name_for(number) + ": " + remark);
  }
  return read_weighted(readers_[number], prompt, known, settings.clip_skip);
}

Conditioning PromptEncoder::arrange_half(const std::vector<TextEncoding>& text, const SizeConditioning& sizes,
                                         Half half) const {
  Conditioning conditioning = arrange_(text, sizes, half);
  if (conditioning.context.size(-1) == context_size_) return conditioning;
  throw Error("the text encoders give " + std::to_string(conditioning.context.size(-1)) +
              " numbers a token, context_size of the unet in model.json is " + std::to_string(context_size_) +
              "; export the model again with deepcache-gen export");
}

}  // namespace deepcache_gen
