#include "image/exif.h"

#include <gtest/gtest.h>

namespace deepcache_gen {
namespace {

// A folder of one entry in little-endian, as a TIFF file.
std::string little_endian(const std::string& tag, const std::string& type, const std::string& count,
                          const std::string& value) {
  return std::string("II\x2A\0\x08\0\0\0\x01\0", 10) + tag + type + count + value + std::string(4, '\0');
}

std::string orientation(char value) {
  return little_endian("\x12\x01", std::string("\x03\0", 2), std::string("\x01\0\0\0", 4),
                       value + std::string(3, '\0'));
}

TEST(OrientationOf, IsTheOneOfExif) {
  EXPECT_EQ(orientation_of(orientation(6), ""), 6);
  EXPECT_EQ(orientation_of(orientation(6), "tiff:Orientation=\"3\""), 6);
  EXPECT_EQ(orientation_of(orientation(1), "tiff:Orientation=\"3\""), 1);
}

TEST(OrientationOf, IsUprightWhereWhatIsSaidMakesNoSense) {
  for (const int value : {0, 9, 200}) EXPECT_EQ(orientation_of(orientation(static_cast<char>(value)), ""), 1) << value;
  for (const char* exif : {"", "II", "junk that is no TIFF at all", "II\x2A"}) EXPECT_EQ(orientation_of(exif, ""), 1);
  EXPECT_EQ(orientation_of("", "tiff:Orientation"), 1);
  EXPECT_EQ(orientation_of("", "tiff:Orientation=\"9\""), 1);
}

TEST(OrientationOf, LooksOnlyWhereThereIsSomething) {
  const std::string whole = orientation(6);
  for (std::size_t length = 0; length < whole.size() - 6; ++length)
    EXPECT_EQ(orientation_of(whole.substr(0, length), ""), 1) << length;
}

// The letters are numbered row by row; what is expected is drawn in EXIF 2.32, 4.6.4, figure 14.
std::string turned(Orientation orientation) {
  Image image{3, 2, {}};
  for (const char letter : {'a', 'b', 'c', 'd', 'e', 'f'})
    image.pixels.insert(image.pixels.end(), 3, static_cast<std::uint8_t>(letter));
  const Image result = upright(image, orientation);
  std::string text;
  for (std::size_t i = 0; i < result.pixels.size(); i += 3) {
    if (i > 0 && i / 3 % static_cast<std::size_t>(result.width) == 0) text += '/';
    text += static_cast<char>(result.pixels[i]);
  }
  return text;
}

TEST(Upright, TurnsAndMirrors) {
  const char* const expected[] = {"abc/def",  "cba/fed",  "fed/cba",  "def/abc",
                                  "ad/be/cf", "da/eb/fc", "fc/eb/da", "cf/be/ad"};
  for (Orientation i = 1; i <= 8; ++i) EXPECT_EQ(turned(i), expected[i - 1]) << i;
}

TEST(ExifComment, IsWhatWasWritten) {
  for (const char* text : {"", "a boat", "caf\u00E9 \u6d77 \U0001F600\nsecond line"})
    EXPECT_EQ(exif_comment(exif_with_comment(text)), text);
}

TEST(ExifComment, IsWrittenAsAutomatic1111Does) {
  // What piexif.dump({"Exif": {UserComment: piexif.helper.UserComment.dump("ab", encoding="unicode")}}) gives, less the
  // "Exif" before it, and with the four bytes at the end of the second folder that TIFF asks for and it leaves out.
  const std::string expected(
      "MM\0\x2A\0\0\0\x08"
      "\0\x01\x87\x69\0\x04\0\0\0\x01\0\0\0\x1A\0\0\0\0"
      "\0\x01\x92\x86\0\x07\0\0\0\x0C\0\0\0\x2C\0\0\0\0"
      "UNICODE\0\0a\0b",
      56);
  EXPECT_EQ(exif_with_comment("ab"), expected);
}

std::string with_comment(const std::string& comment) {
  std::string exif = exif_with_comment(std::string((comment.size() - 8) / 2, 'x'));
  return exif.replace(exif.size() - comment.size(), comment.size(), comment);
}

TEST(ExifComment, IsReadInEitherByteOrder) {
  EXPECT_EQ(exif_comment(with_comment(std::string("UNICODE\0a\0b\0", 12))), "ab");
  EXPECT_EQ(exif_comment(with_comment(std::string("UNICODE\0\xFF\xFEw\x6d", 12))), "\u6d77");
  EXPECT_EQ(exif_comment(with_comment(std::string("UNICODE\0\xFE\xFF\x6dw", 12))), "\u6d77");
  EXPECT_EQ(exif_comment(with_comment(std::string("ASCII\0\0\0a boat", 14))), "a boat");
}

TEST(ExifComment, IsNotThereInRubbish) {
  const std::string whole = exif_with_comment("a boat");
  for (std::size_t length = 0; length < whole.size(); ++length)
    EXPECT_EQ(exif_comment(whole.substr(0, length)), std::nullopt) << length;
  EXPECT_EQ(exif_comment(orientation(6)), std::nullopt);
  EXPECT_EQ(exif_comment(with_comment(std::string("JIS\0\0\0\0\0abcd", 12))), std::nullopt);
}

TEST(ExifComment, HasNoHalfCharacters) {
  EXPECT_EQ(exif_comment(with_comment(std::string("UNICODE\0\xD8\x3D\0a", 12))), "\uFFFDa");
  EXPECT_EQ(exif_comment(exif_with_comment("a\xFFz")), "a\uFFFDz");
}

}  // namespace
}  // namespace deepcache_gen
