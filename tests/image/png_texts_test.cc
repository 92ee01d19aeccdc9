#include "image/png_texts.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/error.h"
#include "support/temporary_folder.h"

namespace deepcache_gen {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Optional;

const Image kPicture{2, 1, {1, 2, 3, 4, 5, 6}};
const std::vector<PngText> kTexts{
    {"parameters", "a boat\nSteps: 4"}, {"latin", "caf\u00E9 \u00FF"}, {"wide", "\u6d77"}};

class ReadPngTexts : public testing::Test {
 protected:
  std::optional<std::vector<PngText>> read(const std::string& bytes) {
    write_text(folder_ / "x.png", bytes);
    return read_png_texts(folder_ / "x.png");
  }

  static std::string encoded(const std::vector<PngText>& texts) {
    const std::vector<std::uint8_t> bytes = encode_png(kPicture, texts);
    return {bytes.begin(), bytes.end()};
  }

  TemporaryFolder folder_;
};

TEST_F(ReadPngTexts, GivesWhatWasWritten) {
  EXPECT_THAT(read(encoded(kTexts)), Optional(ElementsAre(kTexts[0], kTexts[1], kTexts[2])));
  EXPECT_THAT(read(encoded({})), Optional(IsEmpty()));
}

TEST_F(ReadPngTexts, GivesNothingOfAFileThatIsCutOffAnywhere) {
  const std::string whole = encoded(kTexts);
  for (std::size_t length = 0; length < whole.size(); ++length) {
    EXPECT_EQ(read(whole.substr(0, length)), std::nullopt) << length;
  }
}

TEST_F(ReadPngTexts, GivesNothingWhereAByteIsWrong) {
  const std::string whole = encoded(kTexts);
  for (std::size_t i = 0; i < whole.size(); ++i) {
    std::string damaged = whole;
    damaged[i] = static_cast<char>(damaged[i] ^ 0x41);
    EXPECT_EQ(read(damaged), std::nullopt) << i;
  }
}

TEST_F(ReadPngTexts, GivesNothingWhereThereIsTooMuch) {
  const std::string most((16 << 20) - 100, 'a');
  EXPECT_THAT(read(encoded({{"a", most}})), Optional(ElementsAre(PngText{"a", most})));
  EXPECT_EQ(read(encoded({{"a", most}, {"b", std::string(200, 'b')}})), std::nullopt);
}

TEST_F(ReadPngTexts, ReadsOnlyWhatAChunkHas) {
  const std::string head = encoded({}).substr(0, 33);
  EXPECT_EQ(read(head + std::string("\xFF\xFF\xFF\xFFiTXtabc")), std::nullopt);
  EXPECT_EQ(read(head + std::string("\xFF\xFF\xFF\xFFIDATabc")), std::nullopt);
}

TEST_F(ReadPngTexts, GivesNothingOfOtherFiles) {
  EXPECT_EQ(read("not a picture"), std::nullopt);
  EXPECT_THROW(read_png_texts(folder_ / "none.png"), Error);
}

}  // namespace
}  // namespace deepcache_gen
