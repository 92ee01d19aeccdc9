#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "model/conditioning.h"
#include "model/model_info.h"
#include "model/text_encoder.h"
#include "pipeline/request.h"
#include "text/tokenizer.h"

namespace deepcache_gen {

/// A tokenizer and the text encoder behind it.
struct PromptReader {
  std::unique_ptr<Tokenizer> tokenizer;
  std::unique_ptr<TextEncoder> text_encoder;
};

/// What the text encoders of a model make of one image's prompts, whatever its size.
struct EncodedPrompts {
  std::vector<TextEncoding> prompt;                        ///< one per text encoder
  std::optional<std::vector<TextEncoding>> unconditional;  ///< set where guidance is classifier-free
};

/// What the UNet is told in one pass about one image.
struct ImageConditioning {
  Conditioning prompt;
  std::optional<Conditioning> unconditional;  ///< as of `EncodedPrompts`
};

/// Turns the prompts of a request into what the UNet is conditioned on.
class PromptEncoder {
 public:
  /// `readers`: one per text encoder of the model, in its order.
  PromptEncoder(const ModelInfo& model, std::vector<PromptReader> readers);

  /// Receives one line about a prompt that was cut off.
  using Warn = std::function<void(const std::string&)>;
  /// Encodes the prompt and, with guidance, the negative one (or none). A model of one encoder reads the first prompt
  /// with it, also where that is SDXL's second encoder (the refiner), as diffusers' pipelines do. Throws `UsageError`
  /// for a prompt that is not UTF-8, `Error` for what an encoder should not return.
  EncodedPrompts encode(const GenerationSettings& settings, const Warn& warn) const;
  /// The same for a pass of width x height pixels, of which `claims` may say otherwise. Throws `Error` where the
  /// encoders return what the UNet does not take.
  ImageConditioning arrange(const EncodedPrompts& prompts, const SizeClaims& claims, int width, int height) const;

 private:
  // A text, and what the second encoder reads in its place. `name`: what a warning calls it.
  struct Text {
    std::string name, first, second;
  };
  std::vector<TextEncoding> encode_text(const Text& text, const Warn& warn) const;
  Conditioning arrange_half(const std::vector<TextEncoding>& text, const SizeConditioning& sizes, Half half) const;

  ArrangeConditioning arrange_;
  std::int64_t context_size_;
  bool zero_unset_negative_prompt_;
  std::vector<PromptReader> readers_;
};

}  // namespace deepcache_gen
