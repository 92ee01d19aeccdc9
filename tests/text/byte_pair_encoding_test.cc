#include "text/byte_pair_encoding.h"

#include <gmock/gmock.h>

#include <chrono>

#include "tiny_vocabulary.h"

namespace deepcache_gen {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class BytePairEncoding : public TinyVocabulary {
 protected:
  std::vector<std::int64_t> encode(std::string_view word) const {
    std::vector<std::int64_t> ids;
    append_byte_pairs(BytePairVocabulary(config(), folder_), word, ids);
    return ids;
  }
};

TEST_F(BytePairEncoding, MergesTheLowestRankFirst) {
  EXPECT_THAT(encode("abc"), ElementsAre(10));
  write("merges.txt", "#version: 0.2\na b\nb c</w>\na bc</w>\n");
  EXPECT_THAT(encode("abc"), ElementsAre(8, 6));
}

TEST_F(BytePairEncoding, MergesTheLeftmostOfEqualRankFirst) {
  write("vocab.json", R"({"a": 0, "a</w>": 1, "aa": 2})");
  write("merges.txt", "a a\n");
  const JsonObject section = config({{"unk_id", 0}});
  std::vector<std::int64_t> ids;
  append_byte_pairs(BytePairVocabulary(section, folder_), "aaaa", ids);
  EXPECT_THAT(ids, ElementsAre(2, 0, 1));
}

TEST_F(BytePairEncoding, MarksOnlyTheLastByteAsTheEndOfTheWord) {
  EXPECT_THAT(encode("ab"), ElementsAre(1, 5));
  EXPECT_THAT(encode("abab"), ElementsAre(8, 1, 5));
  EXPECT_THAT(encode(""), IsEmpty());
}

TEST_F(BytePairEncoding, TakesAByteThatTheVocabularyLacksAsUnknown) {
  EXPECT_THAT(encode("azb"), ElementsAre(1, 12, 5));
}

// In time quadratic in the length of a word this would take hours.
TEST_F(BytePairEncoding, TakesALongWordFast) {
  std::string word;
  for (int i = 0; i < 300000; ++i) word += "abc";
  const auto start = std::chrono::steady_clock::now();
  EXPECT_EQ(encode(word).size(), 600000u - 1);
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(20));
}

}  // namespace
}  // namespace deepcache_gen
