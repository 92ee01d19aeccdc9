#include "text/sentencepiece_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sentencepiece_message.h"
#include "support/error.h"
#include "support/temporary_folder.h"

namespace deepcache_gen {
namespace {

using testing::HasSubstr;
using testing::ThrowsMessage;

// A double array in which "a" has the value `value`: its child lies at 97, its value at 97 ^ 41.
std::vector<std::uint32_t> map_of_a(std::uint32_t value) {
  std::vector<std::uint32_t> units(256);
  units[97] = 41u << 10 | 1u << 8 | 97;
  units[97 ^ 41] = 1u << 31 | value;
  return units;
}

class SentencePieceFile : public testing::Test {
 protected:
  std::string read(const std::string& content) {
    write_text(folder_ / "x.model", content);
    return read_sentencepiece_file(folder_ / "x.model");
  }
  void is_refused(const std::string& content, const std::string& problem) {
    EXPECT_THAT([&] { read(content); },
                ThrowsMessage<Error>(HasSubstr("x.model: cannot be read as a SentencePiece model; export the model "
                                               "again (" +
                                               problem + ")")));
  }

  TemporaryFolder folder_;
  std::string model_ = piece("<unk>", 0, kUnknown) + piece("a", -1, kNormal);
};

TEST_F(SentencePieceFile, IsReadAsItIs) {
  const std::string text(257, 'b');
  const std::string whole = model_ + normalizer(map_of_a(0), std::string(256, 'b') + '\0') +
                            normalizer(map_of_a(2), {'x', 'y', 'b', '\0'}, 5);
  EXPECT_EQ(read(whole), whole);
  EXPECT_EQ(read(model_ + message_field(3, "")), model_ + message_field(3, "")) << "no map of characters";
}

TEST_F(SentencePieceFile, IsNoOtherMessage) {
  const std::string whole = model_ + normalizer(map_of_a(0), {'b', '\0'});
  for (std::size_t length : {std::size_t{1}, model_.size() - 1, whole.size() - 1})
    is_refused(whole.substr(0, length), "is damaged");
  is_refused(model_ + '\x1b', "is damaged");
  is_refused(model_ + std::string(11, '\xff'), "is damaged");
  is_refused(model_ + "\x0a\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", "is damaged");
}

TEST_F(SentencePieceFile, HasAMapOfCharactersThatStaysWithinItself) {
  const std::string text{'b', '\0'};
  for (const std::uint64_t number : {3, 5}) {
    is_refused(model_ + normalizer({}, text, number), "is damaged");
    is_refused(model_ + normalizer(map_of_a(0), "", number), "is damaged");
    is_refused(model_ + normalizer(map_of_a(0), "b", number), "is damaged");
    is_refused(model_ + normalizer(map_of_a(2), text, number), "is damaged");
    is_refused(model_ + normalizer(std::vector<std::uint32_t>(255), text, number), "is damaged");
    std::vector<std::uint32_t> units = map_of_a(0);
    units[0] = 1u << 31 | 256u << 10;  // the root's kind is not looked at
    is_refused(model_ + normalizer(units, text, number), "is damaged");
    units = map_of_a(0);
    units[97] |= 1u << 9 | 1u << 18;
    is_refused(model_ + normalizer(units, text, number), "is damaged");
  }
  is_refused(model_ + normalizer(map_of_a(9), text) + normalizer(map_of_a(0), text), "is damaged");
  is_refused(model_ + message_field(3, message_field(2, {1, 0, 0})), "is damaged");
}

TEST_F(SentencePieceFile, HasNoFieldThatTheLibraryTakesForAnother) {
  const std::uint64_t more_than_32_bits = std::uint64_t{1} << 29;
  is_refused(model_ + normalizer(map_of_a(9), {'b', '\0'}, 3 + more_than_32_bits), "is damaged");
}

TEST_F(SentencePieceFile, MakesNoLongTextsOfShortOnes) {
  is_refused(model_ + normalizer(map_of_a(0), std::string(257, 'b') + '\0'),
             "has a character that becomes a text of more than 256 bytes");
  is_refused(model_ + message_field(2, message_field(44, std::string(257, 'b'))),
             "shows what it does not know as more than 256 bytes");
}

TEST_F(SentencePieceFile, HasNoMillionsOfPieces) {
  std::string many;
  for (int i = 0; i <= 2'000'000; ++i) many += {'\x0a', '\0'};
  is_refused(many, "has more than 2000000 pieces");
  EXPECT_THAT([&] { read(std::string((16 << 20) + 1, '\0')); }, ThrowsMessage<Error>(HasSubstr("larger than 16 MiB")));
  EXPECT_THAT([] { read_sentencepiece_file("/dev/zero"); }, ThrowsMessage<Error>("/dev/zero: is no regular file"));
}

}  // namespace
}  // namespace deepcache_gen
