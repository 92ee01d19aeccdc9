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

/// Turns the prompts of a request into what the UNet is conditioned on.
class PromptEncoder {
 public:
  /// `readers`: one per text encoder of the model, in its order.
  PromptEncoder(const ModelInfo& model, std::vector<PromptReader> readers);

  /// Receives one line about a prompt that was cut off.
  using Warn = std::function<void(const std::string&)>;
  /// The conditioning of one image: of the prompt alone, or with guidance of the negative prompt (or none) and the
  /// prompt. Throws `UsageError` for a prompt that is not UTF-8, `Error` where the encoders return what the
  /// UNet does not take.
  struct Encoded {
    Conditioning prompt;
    std::optional<Conditioning> unconditional;  ///< set when `settings.guided()`
  };
  Encoded encode(const GenerationSettings& settings, const Warn& warn) const;

 private:
  // `name`: what a warning calls the text.
  Conditioning encode_text(const std::string& name, const std::string& text, const GenerationSettings& settings,
                           const Warn& warn) const;

  ArrangeConditioning arrange_;
  std::int64_t context_size_;
  bool zero_unset_negative_prompt_;
  std::vector<PromptReader> readers_;
};

}  // namespace deepcache_gen
