#include "text/tokenizer.h"

#include <gmock/gmock.h>

#include "support/error.h"
#include "tiny_vocabulary.h"

namespace deepcache_gen {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::ThrowsMessage;

class LoadTokenizer : public TinyVocabulary {};

TEST_F(LoadTokenizer, FindsFilesInTheModelFolder) {
  EXPECT_EQ(load_tokenizer(config(), folder_)->tokenize("abc", {}).ids.at(1), 10);
}

TEST_F(LoadTokenizer, NamesTheTypesThatItKnows) {
  EXPECT_THAT(
      [this] {
        load_tokenizer(config({{"type", "clipp"}}), folder_);
      },
      ThrowsMessage<Error>(AllOf(HasSubstr("model.json: tokenizer: type: unknown tokenizer 'clipp'"),
                                 HasSubstr("Known: clip, sentencepiece"))));
}

}  // namespace
}  // namespace deepcache_gen
