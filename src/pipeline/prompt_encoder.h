#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "model/conditioning.h"
#include "model/model_info.h"
#include "pipeline/prompt_reader.h"
#include "pipeline/request.h"

namespace deepcache_gen {

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

  /// The one of that place among the model's, for who changes its weights; while it is in use nobody may.
  TextEncoder& text_encoder(std::size_t number) { return *readers_[number].text_encoder; }

  /// Receives one line about a prompt that was cut off or may be meant otherwise.
  using Warn = std::function<void(const std::string&)>;
  /// Encodes the prompt and, with guidance, the negative one (or none). A model of one encoder reads the first prompt
  /// with it, also where that is SDXL's second encoder (the refiner), as diffusers' pipelines do. In the style of
  /// AUTOMATIC1111 all have as many chunks as the longest, filled up with that of an empty prompt. `embeddings`: what
  /// the prompts may spell beside the vocabularies. Throws `UsageError` for a prompt that is not UTF-8 or, in that
  /// style, not to be read, `Error` for what an encoder should not return.
  EncodedPrompts encode(const GenerationSettings& settings, std::span<const Embedding> embeddings,
                        const Warn& warn) const;
  /// The chunks that each of these encoded prompts will have: 1 in the plain style. Throws as `encode` does.
  std::size_t chunks(const GenerationSettings& settings, std::span<const Embedding> embeddings) const;
  /// The same for a pass of width x height pixels, of which `claims` may say otherwise. Throws `Error` where the
  /// encoders return what the UNet does not take.
  ImageConditioning arrange(const EncodedPrompts& prompts, const SizeClaims& claims, int width, int height) const;

 private:
  // A text, and what the second encoder reads in its place. `name`: what a warning calls it.
  struct Text {
    std::string name, first, second;

    const std::string& read_by(std::size_t reader) const { return reader == 0 ? first : second; }
    // Two encoders that read the same would have the same said twice.
    bool is_new_to(std::size_t reader) const { return reader == 0 || second != first; }
    std::string name_for(std::size_t reader) const { return reader == 0 ? name : name + " of the second encoder"; }
  };
  static std::vector<Text> texts_of(const GenerationSettings& settings, bool reads_negative);
  bool reads_negative(const GenerationSettings& settings) const;
  std::vector<TextEncoding> encode_text(const Text& text, const GenerationSettings& settings,
                                        std::span<const Embedding> embeddings, const Warn& warn) const;
  TextEncoding encode_plain(std::size_t number, const Text& text, const ReadersEmbeddings& known,
                            const GenerationSettings& settings, const Warn& warn) const;
  TextEncoding encode_weighted(std::size_t number, const Text& text, const ReadersEmbeddings& known,
                               const GenerationSettings& settings, const Warn& warn) const;
  Conditioning arrange_half(const std::vector<TextEncoding>& text, const SizeConditioning& sizes, Half half) const;

  ArrangeConditioning arrange_;
  std::int64_t context_size_;
  bool zero_unset_negative_prompt_;
  std::vector<PromptReader> readers_;
};

}  // namespace deepcache_gen
