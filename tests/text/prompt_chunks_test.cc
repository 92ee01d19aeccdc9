#include "text/prompt_chunks.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/error.h"
#include "text/prompt_frame.h"
#include "text/tokenizer.h"

namespace deepcache_gen {
namespace {

using testing::Each;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::ThrowsMessage;
using Ids = std::vector<std::int64_t>;

constexpr std::int64_t kStart = 1, kEnd = 2, kPad = 0;
constexpr std::size_t kRoom = 30;

// A piece for each character that is no space: its code.
class Characters : public Tokenizer {
 public:
  explicit Characters(std::int64_t pad = kPad)
      : frame_(JsonObject({{"max_length", kRoom + 2}, {"bos_id", kStart}, {"eos_id", kEnd}, {"pad_id", pad}}, "t"),
               256) {}
  TokenizedPrompt tokenize(std::string_view, AddedTokens) const override { return {}; }
  Ids pieces(std::string_view text) const override {
    Ids ids;
    for (const char c : text) {
      if (c != ' ') ids.push_back(c);
    }
    return ids;
  }
  bool is_comma(std::int64_t id) const override { return id == ','; }
  const PromptFrame& frame() const override { return frame_; }

 private:
  PromptFrame frame_;
};

// What of a chunk is the prompt's; a "#" for each vector of an added token.
std::string text_in(const PromptChunk& chunk) {
  std::string text;
  for (const std::int64_t id : chunk.ids) {
    if (id > kEnd) text += id >= kFirstAddedId ? '#' : static_cast<char>(id);
  }
  return text;
}

std::vector<std::string> chunks_of(const std::string& prompt, AddedTokens added = {}) {
  std::vector<std::string> texts;
  for (const PromptChunk& chunk : chunk_prompt(Characters(), parse_weighted_prompt(prompt), added)) {
    EXPECT_EQ(chunk.ids.size(), kRoom + 2);
    EXPECT_EQ(chunk.weights.size(), kRoom + 2);
    texts.push_back(text_in(chunk));
  }
  return texts;
}

std::string times(std::size_t count, const std::string& text = "a") {
  std::string result;
  for (std::size_t i = 0; i < count; ++i) result += text;
  return result;
}

TEST(PromptChunks, AreFramedWithWeightsOfOneAround) {
  const auto chunks = chunk_prompt(Characters(), parse_weighted_prompt("a(b:2)"), {});
  ASSERT_EQ(chunks.size(), 1u);
  EXPECT_THAT(Ids(chunks[0].ids.begin(), chunks[0].ids.begin() + 6), ElementsAre(kStart, 'a', 'b', kEnd, kPad, kPad));
  EXPECT_EQ(chunks[0].weights[1], 1);
  EXPECT_EQ(chunks[0].weights[2], 2);
  EXPECT_THAT(std::vector<double>(chunks[0].weights.begin() + 3, chunks[0].weights.end()), Each(1));
}

TEST(PromptChunks, WhereEndIsThePaddingTheyAreFilledWithIt) {
  const auto chunks = chunk_prompt(Characters(kEnd), parse_weighted_prompt("a"), {});
  EXPECT_THAT(Ids(chunks[0].ids.begin() + 2, chunks[0].ids.end()), Each(kEnd));
}

TEST(PromptChunks, AnEmptyPromptIsOne) {
  EXPECT_THAT(chunks_of(""), ElementsAre(""));
  EXPECT_EQ(empty_chunk(Characters()).ids, chunk_prompt(Characters(), parse_weighted_prompt(""), {})[0].ids);
}

TEST(PromptChunks, AFullOneEndsWhereItIsFullWithoutAComma) {
  EXPECT_THAT(chunks_of(times(30)), ElementsAre(times(30)));
  EXPECT_THAT(chunks_of(times(31)), ElementsAre(times(30), "a"));
}

TEST(PromptChunks, WhatStandsBehindALateCommaMovesOn) {
  EXPECT_THAT(chunks_of(times(9) + "," + times(20) + "b"), ElementsAre(times(9) + "," + times(20), "b"))
      << "21 pieces before";
  EXPECT_THAT(chunks_of(times(10) + "," + times(19) + "b"), ElementsAre(times(10) + ",", times(19) + "b"));
  EXPECT_THAT(chunks_of(times(29) + ",b"), ElementsAre(times(29) + ",", "b"));
  EXPECT_THAT(chunks_of(times(30) + ",b"), ElementsAre(times(30), ",b")) << "a comma that does not fit";
}

TEST(PromptChunks, ABreakEndsThemAlsoEmptyOnes) {
  EXPECT_THAT(chunks_of("a BREAK b"), ElementsAre("a", "b"));
  EXPECT_THAT(chunks_of("BREAK BREAK a BREAK"), ElementsAre("", "", "a"));
  EXPECT_THAT(chunks_of(times(30) + " BREAK b"), ElementsAre(times(30), "b"));
}

TEST(PromptChunks, AddedTokensAreFoundByTheirPiecesAndNeverCut) {
  const std::vector<AddedToken> added{{"xy", {kFirstAddedId, kFirstAddedId + 1, kFirstAddedId + 2}},
                                      {"xyz", {kFirstAddedId + 3}}};
  EXPECT_THAT(chunks_of("a xy b x yz", added), ElementsAre("a###b#"));
  EXPECT_THAT(chunks_of("x(y)", added), ElementsAre("xy")) << "texts of other weights are apart";
  EXPECT_THAT(chunks_of(times(27) + "xy", added), ElementsAre(times(27) + "###"));
  EXPECT_THAT(chunks_of(times(28) + "xy", added), ElementsAre(times(28), "###"));
  EXPECT_THAT(chunks_of(times(20) + "," + times(8) + "xy", added), ElementsAre(times(20) + "," + times(8), "###"));
  EXPECT_THAT(chunks_of(times(20) + "," + "xyxyxy" + "b", added), ElementsAre(times(20) + ",", "#########b"));
}

TEST(PromptChunks, RefuseWhatFitsIntoNone) {
  std::vector<AddedToken> added{{"xy", Ids(kRoom + 1, kFirstAddedId)}};
  EXPECT_THAT([&] { chunks_of("a", added); }, ThrowsMessage<UsageError>(HasSubstr("'xy' has 31 vectors")));
  EXPECT_THAT([] { chunks_of(times(100, "BREAK ") + "a"); },
              ThrowsMessage<UsageError>(HasSubstr("more than 100 chunks")));
}

}  // namespace
}  // namespace deepcache_gen
