#include "pipeline/prompt_encoder.h"

#include "support/error.h"

namespace deepcache_gen {
namespace {

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

PromptEncoder::Encoded PromptEncoder::encode(const GenerationSettings& settings, const Warn& warn) const {
  Encoded encoded{encode_text("the prompt", settings.prompt, settings, warn), {}};
  if (!settings.guided()) return encoded;
  const bool zero = !settings.negative_prompt && zero_unset_negative_prompt_;
  encoded.unconditional =
      zero ? zero_text(encoded.prompt)
           : encode_text("the negative prompt", settings.negative_prompt.value_or(""), settings, warn);
  return encoded;
}

Conditioning PromptEncoder::encode_text(const std::string& name, const std::string& text,
                                        const GenerationSettings& settings, const Warn& warn) const {
  std::vector<TextEncoding> encodings;
  for (const PromptReader& reader : readers_) {
    const TokenizedPrompt tokens = reader.tokenizer->tokenize(text);
    // Two encoders that read the same length would say the same twice.
    if (!tokens.truncated_text.empty() && encodings.empty()) warn(truncation_warning(name, tokens));
    encodings.push_back(reader.text_encoder->encode({tokens.ids}, {}));
  }
  Conditioning conditioning = arrange_(encodings, settings.width, settings.height);
  if (conditioning.context.size(-1) == context_size_) return conditioning;
  throw Error("the text encoders give " + std::to_string(conditioning.context.size(-1)) +
              " numbers a token, context_size of the unet in model.json is " + std::to_string(context_size_) +
              "; export the model again with scripts/export_model.py");
}

}  // namespace deepcache_gen
