#include "text/byte_pair_vocabulary.h"

#include <gmock/gmock.h>
#include <sys/stat.h>

#include "support/error.h"
#include "tiny_vocabulary.h"

namespace deepcache_gen {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::ThrowsMessage;

class BytePairVocabularyFiles : public TinyVocabulary {
 protected:
  BytePairVocabulary load() const { return BytePairVocabulary(config(), folder_); }
};

TEST_F(BytePairVocabularyFiles, SpellsBytesWithVisibleCharacters) {
  write("vocab.json", R"({"\u0120": 0, "\u00c3": 1, "\u00a9</w>": 2, "\u00c3\u00a9</w>": 3, "\u20ac": 4})");
  write("merges.txt", "");
  const BytePairVocabulary vocabulary(config({{"unk_id", 4}}), folder_);
  EXPECT_EQ(vocabulary.byte_id(' ', false), 0);
  EXPECT_EQ(vocabulary.byte_id(0xC3, false), 1);
  EXPECT_EQ(vocabulary.byte_id(0xC3, true), 4);
  EXPECT_EQ(vocabulary.bytes(3), "\xC3\xA9</w>");
  EXPECT_EQ(vocabulary.bytes(4), "\xE2\x82\xAC");
}

TEST_F(BytePairVocabularyFiles, ReportsAFileThatIsNotThereOrNotJson) {
  std::filesystem::remove(folder_ / "merges.txt");
  EXPECT_THAT([this] { load(); }, ThrowsMessage<Error>(AllOf(HasSubstr("merges.txt"), HasSubstr("cannot be read"))));
  write("vocab.json", R"({"a": 0, )");
  EXPECT_THAT([this] { load(); }, ThrowsMessage<Error>(AllOf(HasSubstr("vocab.json"), HasSubstr("not valid JSON"))));
}

TEST_F(BytePairVocabularyFiles, ReportsIdsThatAreNotAPlainCount) {
  write("vocab.json", R"({"a": 0, "b": 7})");
  EXPECT_THAT([this] { load(); }, ThrowsMessage<Error>(HasSubstr("b: is 7, expected 0 to 1")));
  write("vocab.json", R"({"a": 0, "b": 0})");
  EXPECT_THAT([this] { load(); }, ThrowsMessage<Error>(HasSubstr("b: has the id 0 that 'a' has")));
  write("vocab.json", R"({"a": 0, "b": "c"})");
  EXPECT_THAT([this] { load(); }, ThrowsMessage<Error>(HasSubstr("expected an integer")));
  write("vocab.json", R"({"": 0})");
  EXPECT_THAT([this] { load(); }, ThrowsMessage<Error>(HasSubstr("without a spelling")));
}

TEST_F(BytePairVocabularyFiles, ReportsWhatNoVocabularyHas) {
  write("vocab.json", R"({"a": 0, ")" + std::string(1025, 'b') + R"(": 1})");
  EXPECT_THAT([this] { load(); }, ThrowsMessage<Error>(HasSubstr("is longer than 1024 bytes")));
  write("vocab.json", R"({"a": 18446744073709551615})");
  EXPECT_THAT([this] { load(); }, ThrowsMessage<Error>(HasSubstr("a: is too large: 18446744073709551615")));
  write("vocab.json", R"({"a": 1e400})");
  EXPECT_THAT([this] { load(); }, ThrowsMessage<Error>(HasSubstr("is not valid JSON")));
}

TEST_F(BytePairVocabularyFiles, TakesAsManyPiecesAsThereAre) {
  nlohmann::json pieces;
  for (int id = 0; id < 50'000; ++id) pieces["p" + std::to_string(id)] = id;
  write("vocab.json", pieces.dump());
  write("merges.txt", "");
  EXPECT_EQ(load().size(), 50'000);
}

TEST_F(BytePairVocabularyFiles, DoesNotWaitForAPipe) {
  std::filesystem::remove(folder_ / "merges.txt");
  ASSERT_EQ(::mkfifo((folder_ / "merges.txt").c_str(), 0600), 0);
  EXPECT_THAT([this] { load(); }, ThrowsMessage<Error>(HasSubstr("merges.txt: is no regular file")));
}

TEST_F(BytePairVocabularyFiles, ReportsTheLineOfABadMerge) {
  write("merges.txt", "#version: 0.2\na b\nab\n");
  EXPECT_THAT([this] { load(); }, ThrowsMessage<Error>(HasSubstr("merges.txt:3: expected two pieces")));
  write("merges.txt", "a z\n");
  EXPECT_THAT([this] { load(); }, ThrowsMessage<Error>(HasSubstr("merges.txt:1: merges a piece")));
  write("merges.txt", "c a\n");
  EXPECT_THAT([this] { load(); }, ThrowsMessage<Error>(HasSubstr("merges.txt:1: merges into a piece")));
}

TEST_F(BytePairVocabularyFiles, ReportsAnUnknownTokenOutsideTheVocabulary) {
  EXPECT_THAT(
      [this] {
        BytePairVocabulary(config({{"unk_id", 14}}), folder_);
      },
      ThrowsMessage<Error>(HasSubstr("unk_id: is 14, expected 0 to 13")));
}

}  // namespace
}  // namespace deepcache_gen
