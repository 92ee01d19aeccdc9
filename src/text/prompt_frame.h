#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "support/json_object.h"
#include "text/tokenizer.h"

namespace deepcache_gen {

/// What surrounds the pieces of a prompt: start and end of text, and padding up to the one length that a text encoder
/// takes.
class PromptFrame {
 public:
  /// Decodes pieces for people to read.
  using Decode = std::function<std::string(std::span<const std::int64_t>)>;

  /// Reads "max_length", "bos_id", "eos_id" and "pad_id" of a tokenizer section; throws `Error` for an id that is not
  /// in a vocabulary of `vocabulary_size` pieces.
  PromptFrame(const JsonObject& config, std::int64_t vocabulary_size);

  /// Keeps the pieces that fit between start and end of text; the others come back decoded.
  TokenizedPrompt wrap(std::span<const std::int64_t> pieces, const Decode& decode) const;

  /// Pieces that fit between start and end of text.
  std::size_t room() const { return static_cast<std::size_t>(max_length_) - 2; }
  /// One chunk of a longer prompt, of `room` pieces at most, framed as AUTOMATIC1111 does: end of text up to the full
  /// length, all of which behind the first becomes padding where that is another piece.
  std::vector<std::int64_t> wrap_chunk(std::span<const std::int64_t> pieces) const;

 private:
  std::int64_t max_length_;
  std::int64_t bos_id_;
  std::int64_t eos_id_;
  std::int64_t pad_id_;
};

}  // namespace deepcache_gen
