#include "text/sentencepiece_tokenizer.h"

#include <gmock/gmock.h>

#include "sentencepiece_message.h"
#include "support/error.h"
#include "tiny_vocabulary.h"

namespace deepcache_gen {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::ThrowsMessage;

const std::string kSpace = "\xE2\x96\x81";

class SentencePiece : public TinyVocabulary {
 protected:
  SentencePiece() {
    write("tokenizer.model", piece("<unk>", 0, kUnknown) + piece("<s>", 0, kControl) + piece("</s>", 0, kControl) +
                                 piece(kSpace + "cat", -1, kNormal) + piece(kSpace, -4, kNormal) +
                                 piece("s", -3, kNormal) + piece("cat", -2, kNormal) + piece("c", -5, kNormal));
  }

  SentencePieceTokenizer load(const nlohmann::json& changes = nlohmann::json::object()) const {
    nlohmann::json fields = {
        {"model", "tokenizer.model"}, {"max_length", 6}, {"bos_id", 1}, {"eos_id", 2}, {"pad_id", 0}};
    fields.update(changes);
    return SentencePieceTokenizer(config(fields), folder_);
  }
};

TEST_F(SentencePiece, FramesTheLikeliestPieces) {
  const TokenizedPrompt prompt = load().tokenize("cats cat", {});
  EXPECT_THAT(prompt.ids, ElementsAre(1, 3, 5, 3, 2, 0));
  EXPECT_EQ(prompt.token_count, 3u);
  EXPECT_EQ(prompt.truncated_text, "");
}

TEST_F(SentencePiece, TakesALetterThatTheModelLacksAsUnknown) {
  EXPECT_THAT(load().tokenize("cat z", {}).ids, ElementsAre(1, 3, 4, 0, 2, 0));
}

TEST_F(SentencePiece, ReturnsTheTextThatDidNotFit) {
  const TokenizedPrompt prompt = load().tokenize("cat cat cat cat cats cat", {});
  EXPECT_THAT(prompt.ids, ElementsAre(1, 3, 3, 3, 3, 2));
  EXPECT_EQ(prompt.token_count, 7u);
  EXPECT_EQ(prompt.truncated_text, "cats cat");
}

TEST_F(SentencePiece, RefusesAPromptThatIsNotUtf8) {
  EXPECT_THAT([this] { load().tokenize("cat \xFF", {}); }, ThrowsMessage<UsageError>(HasSubstr("at byte 4")));
}

TEST_F(SentencePiece, ReportsAModelThatCannotBeRead) {
  write("tokenizer.model", "not a model");
  EXPECT_THAT([this] { load(); },
              ThrowsMessage<Error>(AllOf(HasSubstr("tokenizer.model"), HasSubstr("SentencePiece"))));
  std::filesystem::remove(folder_ / "tokenizer.model");
  EXPECT_THAT([this] { load(); }, ThrowsMessage<Error>(HasSubstr("tokenizer.model")));
}

TEST_F(SentencePiece, ReportsAMapOfCharactersThatLeadsElsewhere) {
  std::vector<std::uint32_t> units(256);
  units[0] = 0x3FFFFFu << 10 | 1u << 9;
  write("tokenizer.model", piece("<unk>", 0, kUnknown) + piece("<s>", 0, kControl) + piece("</s>", 0, kControl) +
                               normalizer(units, {'\0'}));
  EXPECT_THAT([this] { load().tokenize("cats", {}); },
              ThrowsMessage<Error>(AllOf(HasSubstr("tokenizer.model"), HasSubstr("is damaged"))));
}

TEST_F(SentencePiece, ReportsIdsThatTheModelLacks) {
  EXPECT_THAT([this] { load({{"eos_id", 8}}); }, ThrowsMessage<Error>(HasSubstr("eos_id: is 8, expected 0 to 7")));
}

}  // namespace
}  // namespace deepcache_gen
