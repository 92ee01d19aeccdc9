#include "image/contact_sheet.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "image/plain_image.h"
#include "image/shrink.h"

namespace deepcache_gen {
namespace {

using testing::Lt;

const std::vector<std::string> kCaption{"interval 3, branch 0", "2.4x  26.8 dB  SSIM 0.913"};

Image noise(int width, int height, unsigned seed) {
  Image image{width, height, {}};
  image.pixels.resize(static_cast<std::size_t>(width * height * 3));
  for (std::uint8_t& sample : image.pixels) {
    seed = seed * 1664525 + 1013904223;
    sample = static_cast<std::uint8_t>(seed >> 24);
  }
  return image;
}

Image cut(const Image& image, const Box& box) {
  Image part{box.width, box.height, {}};
  for (int y = 0; y < box.height; ++y) {
    for (int x = 0; x < box.width; ++x) {
      const Color pixel = pixel_at(image, box.left + x, box.top + y);
      part.pixels.insert(part.pixels.end(), pixel.begin(), pixel.end());
    }
  }
  return part;
}

bool overlap(const Box& a, const Box& b) {
  return a.left < b.left + b.width && b.left < a.left + a.width && a.top < b.top + b.height && b.top < a.top + a.height;
}

std::vector<Box> boxes(const SheetLayout& layout) {
  std::vector<Box> result;
  for (const SheetCell& cell : layout.cells) {
    result.push_back(cell.picture);
    result.insert(result.end(), cell.lines.begin(), cell.lines.end());
  }
  return result;
}

void expect_apart_and_inside(const SheetLayout& layout) {
  const std::vector<Box> all = boxes(layout);
  for (std::size_t i = 0; i < all.size(); ++i) {
    EXPECT_TRUE(all[i].left > 0 && all[i].top > 0 && all[i].left + all[i].width < layout.width &&
                all[i].top + all[i].height < layout.height);
    for (std::size_t j = 0; j < i; ++j) EXPECT_FALSE(overlap(all[i], all[j])) << i << " and " << j;
  }
}

struct Case {
  int width, height;
  std::size_t count;
  int shrink;
};

class Layouts : public testing::TestWithParam<Case> {};

TEST_P(Layouts, KeepEverythingApart) {
  const auto& [width, height, count, shrink] = GetParam();
  const Image image = plain_image(width, height, {0, 0, 0});
  const SheetLayout layout = lay_out_contact_sheet(std::vector(count, SheetPicture{image, kCaption}));
  ASSERT_EQ(layout.cells.size(), count);
  expect_apart_and_inside(layout);
  EXPECT_LE(layout.width, kWidestSheet);
  EXPECT_EQ(layout.shrink, shrink);
  for (const auto& [picture, lines] : layout.cells) {
    EXPECT_EQ(picture.width, width / shrink);
    EXPECT_EQ(picture.height, height / shrink);
    ASSERT_EQ(lines.size(), 2u);
    EXPECT_GT(lines[0].top, picture.top + picture.height);
    EXPECT_LT(lines[0].top, picture.top + picture.height + lines[0].height) << "not far below";
    EXPECT_GE(lines[1].top, lines[0].top + lines[0].height);
    for (const Box& line : lines) EXPECT_NEAR(line.left + line.width / 2.0, picture.left + picture.width / 2.0, 1);
  }
}

INSTANTIATE_TEST_SUITE_P(ContactSheet, Layouts,
                         testing::Values(Case{128, 128, 1, 1}, Case{128, 128, 7, 1}, Case{64, 64, 3, 1},
                                         Case{512, 768, 5, 1}, Case{1024, 1024, 3, 1}, Case{1024, 1024, 7, 2},
                                         Case{1024, 512, 13, 2}, Case{2048, 2048, 9, 2}, Case{128, 128, 40, 1}));

TEST(ContactSheet, GoesRowByRow) {
  const Image image = plain_image(128, 128, {0, 0, 0});
  const SheetLayout layout = lay_out_contact_sheet(std::vector(7, SheetPicture{image, kCaption}));
  const std::vector<SheetCell>& cells = layout.cells;
  for (std::size_t i = 1; i < 7; ++i) {
    const bool same_row = cells[i].picture.top == cells[i - 1].picture.top;
    EXPECT_EQ(same_row, i != 4) << "four, then three";
    EXPECT_EQ(cells[i].picture.left > cells[i - 1].picture.left, same_row);
  }
  EXPECT_EQ(cells[4].picture.left, cells[0].picture.left);
  EXPECT_GT(cells[4].picture.top, cells[0].lines[1].top);
}

TEST(ContactSheet, HasAsManyColumnsAsAskedFor) {
  const Image image = plain_image(128, 128, {0, 0, 0});
  const std::vector<SheetCell> cells = lay_out_contact_sheet(std::vector(6, SheetPicture{image, kCaption}), 2).cells;
  for (std::size_t i = 0; i < 6; ++i) {
    EXPECT_EQ(cells[i].picture.left, cells[i % 2].picture.left);
    EXPECT_EQ(cells[i].picture.top, cells[i / 2 * 2].picture.top);
  }
  EXPECT_GT(cells[2].picture.top, cells[0].picture.top);
}

TEST(ContactSheet, MakesRoomForLongLines) {
  const Image image = plain_image(64, 64, {0, 0, 0});
  const std::string line(90, 'm');
  const SheetLayout layout = lay_out_contact_sheet(std::vector(4, SheetPicture{image, {line, line}}));
  expect_apart_and_inside(layout);
  EXPECT_GT(layout.cells[0].lines[0].width, 900) << "not cut";
}

TEST(ContactSheet, HasTextThatGrowsWithThePictures) {
  const auto text_size = [](int side) {
    const Image image = plain_image(side, side, {0, 0, 0});
    return lay_out_contact_sheet({{image, kCaption}}).text_size;
  };
  EXPECT_THAT(text_size(128), Lt(text_size(512)));
  EXPECT_THAT(text_size(512), Lt(text_size(1024)));
}

TEST(DrawContactSheet, LeavesPicturesAsTheyAre) {
  const Image first = noise(40, 24, 1), second = noise(40, 24, 2), third = noise(40, 24, 3);
  const std::vector<SheetPicture> pictures{{first, kCaption}, {second, kCaption}, {third, {}}};
  const SheetLayout layout = lay_out_contact_sheet(pictures);
  const Image sheet = draw_contact_sheet(pictures);
  EXPECT_EQ(sheet.width, layout.width);
  EXPECT_EQ(sheet.height, layout.height);
  for (std::size_t i = 0; i < pictures.size(); ++i)
    EXPECT_EQ(cut(sheet, layout.cells[i].picture).pixels, pictures[i].image.pixels);
}

TEST(DrawContactSheet, DrawsOnlyWhereItShould) {
  const Image picture = noise(40, 24, 1);
  const std::vector<SheetPicture> pictures{{picture, kCaption}, {picture, {"original", "1.80 s"}}};
  const SheetLayout layout = lay_out_contact_sheet(pictures);
  Image sheet = draw_contact_sheet(pictures);
  const Color background = pixel_at(sheet, 0, 0);
  for (const Box& box : boxes(layout)) {
    EXPECT_NE(cut(sheet, box).pixels, plain_image(box.width, box.height, background).pixels);
    for (int y = box.top; y < box.top + box.height; ++y) {
      for (int x = box.left; x < box.left + box.width; ++x) {
        const auto first = static_cast<std::ptrdiff_t>(y * sheet.width + x) * 3;
        std::copy(background.begin(), background.end(), sheet.pixels.begin() + first);
      }
    }
  }
  EXPECT_EQ(sheet.pixels, plain_image(sheet.width, sheet.height, background).pixels);
}

TEST(DrawContactSheet, AveragesLargePictures) {
  const Image image = noise(1400, 16, 5);
  const std::vector<SheetPicture> pictures(3, SheetPicture{image, kCaption});
  const SheetLayout layout = lay_out_contact_sheet(pictures);
  ASSERT_EQ(layout.shrink, 2);
  EXPECT_EQ(cut(draw_contact_sheet(pictures), layout.cells[2].picture).pixels, shrink(image, 2).pixels);
}

}  // namespace
}  // namespace deepcache_gen
