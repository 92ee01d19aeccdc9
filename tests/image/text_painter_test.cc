#include "image/text_painter.h"

#include <gtest/gtest.h>

#include "image/plain_image.h"

namespace deepcache_gen {
namespace {

constexpr Color kPaper{240, 230, 220}, kInk{10, 20, 30};
const std::string kBlock = "\u2588";  // a glyph that fills its whole advance

TEST(TextPainter, HasTheWidthsOfDejaVuSans) {
  // The advances in the font's hmtx table; its em has 2048 units.
  const TextPainter painter(2048);
  EXPECT_NEAR(painter.width("m"), 1995, 1);
  EXPECT_NEAR(painter.width("0"), 1303, 1);
  EXPECT_NEAR(TextPainter(1024).width("mm0"), (2 * 1995 + 1303) / 2, 1);
  EXPECT_EQ(painter.width(""), 0);
}

TEST(TextPainter, Kerns) {
  const TextPainter painter(200);
  EXPECT_LT(painter.width("AV"), painter.width("A") + painter.width("V") - 5);
}

class Sizes : public testing::TestWithParam<int> {};

TEST_P(Sizes, PutTheInkIntoTheLine) {
  const TextPainter painter(GetParam());
  const std::string text = "interval 3, branch 0 \u00c5gjpq|";
  constexpr int kLeft = 7, kTop = 5;
  const int width = painter.width(text), height = painter.line_height();
  Image image = plain_image(width + 20, height + 20, kPaper);
  painter.draw(image, kLeft, kTop, text, kInk);
  int inked = 0;
  for (int y = 0; y < image.height; ++y) {
    for (int x = 0; x < image.width; ++x) {
      if (pixel_at(image, x, y) == kPaper) continue;
      ++inked;
      EXPECT_TRUE(x >= kLeft && x < kLeft + width && y >= kTop && y < kTop + height) << x << ", " << y;
    }
  }
  EXPECT_GT(inked, GetParam() * GetParam());
}

INSTANTIATE_TEST_SUITE_P(TextPainter, Sizes, testing::Values(12, 17, 32));

TEST(TextPainter, DrawsInItsColour) {
  const TextPainter painter(40);
  Image image = plain_image(100, 60, kPaper);
  painter.draw(image, 0, 0, kBlock, kInk);
  EXPECT_EQ(pixel_at(image, painter.width(kBlock) / 2, painter.line_height() / 2), kInk);
  EXPECT_EQ(pixel_at(image, painter.width(kBlock) + 1, painter.line_height() / 2), kPaper);
}

TEST(TextPainter, LeavesOutWhatLiesOutside) {
  const TextPainter painter(40);
  Image image = plain_image(16, 16, kPaper);
  painter.draw(image, -8, -8, kBlock + kBlock + kBlock, kInk);
  EXPECT_EQ(image.pixels, plain_image(16, 16, kInk).pixels);
  painter.draw(image, 1000, -1000, "text", kPaper);
  painter.draw(image, 0, 1000, "text", kPaper);
  EXPECT_EQ(image.pixels, plain_image(16, 16, kInk).pixels);
}

TEST(TextPainter, ReplacesWhatIsNoUtf8) {
  const TextPainter painter(30);
  EXPECT_EQ(painter.width("a\xff\xfe"), painter.width("a\ufffd\ufffd"));
}

}  // namespace
}  // namespace deepcache_gen
