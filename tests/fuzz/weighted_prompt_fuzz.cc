// Prompts in AUTOMATIC1111's grammar: tags, weights, chunks; pieces are single bytes.
#include <cmath>

#include "fuzzing.h"
#include "support/utf8.h"
#include "text/prompt_chunks.h"
#include "text/prompt_frame.h"
#include "text/prompt_syntax.h"
#include "text/prompt_tags.h"
#include "text/weighted_prompt.h"

namespace deepcache_gen {
namespace {

class Bytes : public Tokenizer {
 public:
  TokenizedPrompt tokenize(std::string_view, AddedTokens) const override { return {}; }
  std::vector<std::int64_t> pieces(std::string_view text) const override {
    std::vector<std::int64_t> ids;
    for (const char byte : text) ids.push_back(static_cast<unsigned char>(byte));
    return ids;
  }
  bool is_comma(std::int64_t id) const override { return id == ','; }
  const PromptFrame& frame() const override { return frame_; }

 private:
  PromptFrame frame_{JsonObject({{"max_length", 32}, {"bos_id", 1}, {"eos_id", 2}, {"pad_id", 0}}, "tokenizer"), 256};
};

void read_prompt(const std::string& text, AddedTokens added) {
  require_utf8(text);
  const WeightedPrompt prompt = parse_weighted_prompt(take_tags(text).text);
  require(!prompt.parts.empty(), "there is a part");
  for (const std::vector<WeightedText>& part : prompt.parts) {
    for (const WeightedText& piece : part) {
      require(!piece.text.empty(), "no text is empty");
      require(std::abs(piece.weight) <= kGreatestWeight, "weights are bounded");
    }
  }
  for (const PromptChunk& chunk : chunk_prompt(Bytes(), prompt, added)) {
    require(chunk.ids.size() == 32 && chunk.weights.size() == 32, "chunks are as long as the encoder takes");
    require(chunk.ids.front() == 1 && chunk.weights.front() == 1, "chunks begin with the start of text");
  }
}

}  // namespace
}  // namespace deepcache_gen

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace deepcache_gen;
  const std::vector<std::string> texts = split_input(data, size, 2);
  const std::vector<AddedToken> added{{texts[0], {kFirstAddedId, kFirstAddedId + 1}}};
  takes([&] { read_prompt(texts[1], texts[0].empty() ? AddedTokens() : AddedTokens(added)); });
  takes([&] { refuse_composition(texts[1]); });
  first_syntax(texts[1]);
  return 0;
}
