#include "image/picture_texts.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/error.h"
#include "support/temporary_folder.h"

namespace deepcache_gen {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Optional;
using testing::ThrowsMessage;

const Image kPicture{2, 1, {1, 2, 3, 4, 5, 6}};
const std::vector<PngText> kTexts{
    {"parameters", "a boat\nSteps: 4"}, {"latin", "caf\u00E9 \u00FF"}, {"wide", "\u6d77"}};

class ReadPngTexts : public testing::Test {
 protected:
  std::optional<std::vector<PngText>> read(const std::string& bytes) {
    write_text(folder_ / "x.png", bytes);
    const std::optional<PictureTexts> texts = read_picture_texts(folder_ / "x.png");
    return texts ? std::optional(texts->texts) : std::nullopt;
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
  EXPECT_THROW(read_picture_texts(folder_ / "none.png"), Error);
}

class PictureTextsOf : public testing::TestWithParam<PictureFormat> {
 protected:
  std::string encoded(const std::string& parameters, const std::string& settings) {
    const std::vector<std::uint8_t> bytes = encode_picture(kPicture, GetParam(), 90, parameters, settings);
    return {bytes.begin(), bytes.end()};
  }

  std::optional<PictureTexts> read(const std::string& bytes) {
    write_text(folder_ / "x", bytes);
    return read_picture_texts(folder_ / "x");
  }

  TemporaryFolder folder_;
};

INSTANTIATE_TEST_SUITE_P(Formats, PictureTextsOf,
                         testing::Values(PictureFormat::png, PictureFormat::jpeg, PictureFormat::webp));

TEST_P(PictureTextsOf, AreThoseThatWereWritten) {
  const std::string parameters = "a boat & \"caf\u00E9\" \u6d77 \U0001F600\nSteps: 4",
                    settings = R"({"a": "<&> \u6d77"})";
  const std::optional<PictureTexts> texts = read(encoded(parameters, settings));
  ASSERT_TRUE(texts);
  EXPECT_EQ(texts->format, GetParam());
  EXPECT_THAT(texts->texts, ElementsAre(PngText{kParametersKeyword, parameters}, PngText{kSettingsKeyword, settings}));
}

TEST_P(PictureTextsOf, AreNoneOfAFileThatIsCutOff) {
  const std::string whole = encoded("a boat", "{}");
  for (std::size_t length = 0; length < whole.size(); length += 7) {
    EXPECT_EQ(read(whole.substr(0, length)).has_value(), false) << length;
  }
}

TEST_P(PictureTextsOf, AreBesideThePixels) {
  const std::string whole = encoded("a boat", "{}");
  const Image image = decode_picture({reinterpret_cast<const std::uint8_t*>(whole.data()), whole.size()}, "x");
  EXPECT_EQ(image.width, kPicture.width);
  EXPECT_EQ(image.height, kPicture.height);
}

TEST(RequireRoomForTexts, RefusesForAJpegWhatItsSegmentsDoNotHold) {
  const std::string fits(30'000, 'a'), is_too_long(40'000, 'a');  // as UTF-16 of EXIF, twice that
  EXPECT_NO_THROW(require_room_for_texts(PictureFormat::jpeg, fits, fits));
  EXPECT_THAT([&] { require_room_for_texts(PictureFormat::jpeg, is_too_long, fits); },
              ThrowsMessage<Error>(HasSubstr("room for 64 KiB of settings, and those of this picture have 78")));
  EXPECT_THROW(require_room_for_texts(PictureFormat::jpeg, "", std::string(66'000, 'a')), Error);
  EXPECT_THROW(encode_picture(kPicture, PictureFormat::jpeg, 90, is_too_long, fits), Error);
  for (const PictureFormat format : {PictureFormat::png, PictureFormat::webp})
    EXPECT_NO_THROW(require_room_for_texts(format, is_too_long, is_too_long));
}

}  // namespace
}  // namespace deepcache_gen
