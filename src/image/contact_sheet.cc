#include "image/contact_sheet.h"

#include <algorithm>
#include <cmath>

#include "image/shrink.h"
#include "image/text_painter.h"

namespace deepcache_gen {
namespace {

constexpr Color kBackground{250, 250, 250};
constexpr Color kFirstLine{24, 24, 24};
constexpr Color kOtherLine{88, 88, 88};

constexpr int kNarrowestPicture = 64;
constexpr double kSmallestText = 12, kLargestText = 32;
constexpr double kTextPerPictureWidth = 1 / 26.0;
constexpr double kGap = 1.5, kGapAboveText = 0.4;  // in ems

int pixels(double length) { return static_cast<int>(std::lround(length)); }
int shrunk(int length, int factor) { return (length + factor - 1) / factor; }

// The grid of the sheet when pictures shrink by that factor.
struct Grid {
  int shrink, rows, columns;
  double text_size = 0;
  int picture_width = 0, picture_height = 0;  // of the largest
  int cell_width = 0, cell_height = 0;

  int gap() const { return pixels(kGap * text_size); }
  int gap_above_text() const { return pixels(kGapAboveText * text_size); }
  int width() const { return gap() + columns * (cell_width + gap()); }
  int height() const { return gap() + rows * (cell_height + gap()); }
};

void make_room_for_pictures(Grid& grid, const std::vector<SheetPicture>& pictures) {
  for (const SheetPicture& picture : pictures) {
    grid.picture_width = std::max(grid.picture_width, shrunk(picture.image.width, grid.shrink));
    grid.picture_height = std::max(grid.picture_height, shrunk(picture.image.height, grid.shrink));
  }
}

void make_room_for_text(Grid& grid, const std::vector<SheetPicture>& pictures) {
  grid.text_size = std::round(std::clamp(grid.picture_width * kTextPerPictureWidth, kSmallestText, kLargestText));
  const TextPainter painter(grid.text_size);
  std::size_t lines = 0;
  grid.cell_width = grid.picture_width;
  for (const SheetPicture& picture : pictures) {
    lines = std::max(lines, picture.lines.size());
    for (const std::string& line : picture.lines) grid.cell_width = std::max(grid.cell_width, painter.width(line));
  }
  grid.cell_height = grid.picture_height + grid.gap_above_text() + static_cast<int>(lines) * painter.line_height();
}

int fewest(int count, int parts) { return (count + parts - 1) / parts; }

Grid make_grid(const std::vector<SheetPicture>& pictures, std::optional<int> columns, int factor) {
  const int count = static_cast<int>(pictures.size());
  const int rows = columns ? fewest(count, *columns) : static_cast<int>(std::sqrt(count));
  Grid grid{factor, rows, columns.value_or(fewest(count, rows))};
  make_room_for_pictures(grid, pictures);
  make_room_for_text(grid, pictures);
  return grid;
}

Grid choose_grid(const std::vector<SheetPicture>& pictures, std::optional<int> columns) {
  Grid grid = make_grid(pictures, columns, 1);
  while (grid.width() > kWidestSheet) {
    const Grid smaller = make_grid(pictures, columns, grid.shrink + 1);
    if (smaller.picture_width < kNarrowestPicture) break;
    grid = smaller;
  }
  return grid;
}

SheetCell cell_of(const Grid& grid, int index, const SheetPicture& picture) {
  const int left = grid.gap() + index % grid.columns * (grid.cell_width + grid.gap());
  const int top = grid.gap() + index / grid.columns * (grid.cell_height + grid.gap());
  const auto centred = [&](int width) { return left + (grid.cell_width - width) / 2; };
  const int width = shrunk(picture.image.width, grid.shrink);
  SheetCell cell{{centred(width), top, width, shrunk(picture.image.height, grid.shrink)}, {}};

  const TextPainter painter(grid.text_size);
  int line_top = top + grid.picture_height + grid.gap_above_text();
  for (const std::string& line : picture.lines) {
    cell.lines.push_back({centred(painter.width(line)), line_top, painter.width(line), painter.line_height()});
    line_top += painter.line_height();
  }
  return cell;
}

Image plain(int width, int height, const Color& color) {
  Image image{width, height, {}};
  image.pixels.resize(static_cast<std::size_t>(width) * static_cast<std::size_t>(height) * 3);
  for (std::size_t i = 0; i < image.pixels.size(); ++i) image.pixels[i] = color[i % 3];
  return image;
}

void paste(Image& sheet, const Image& picture, const Box& place) {
  const auto row_size = static_cast<std::ptrdiff_t>(picture.width) * 3;
  for (int y = 0; y < picture.height; ++y) {
    const auto from = picture.pixels.begin() + y * row_size;
    const auto pixel = static_cast<std::ptrdiff_t>(place.top + y) * sheet.width + place.left;
    std::copy(from, from + row_size, sheet.pixels.begin() + pixel * 3);
  }
}

}  // namespace

SheetLayout lay_out_contact_sheet(const std::vector<SheetPicture>& pictures, std::optional<int> columns) {
  const Grid grid = choose_grid(pictures, columns);
  SheetLayout layout{grid.width(), grid.height(), grid.shrink, grid.text_size, {}};
  for (const SheetPicture& picture : pictures)
    layout.cells.push_back(cell_of(grid, static_cast<int>(layout.cells.size()), picture));
  return layout;
}

Image draw_contact_sheet(const std::vector<SheetPicture>& pictures, std::optional<int> columns) {
  const SheetLayout layout = lay_out_contact_sheet(pictures, columns);
  const TextPainter painter(layout.text_size);
  Image sheet = plain(layout.width, layout.height, kBackground);
  for (std::size_t i = 0; i < pictures.size(); ++i) {
    const SheetCell& cell = layout.cells[i];
    paste(sheet, shrink(pictures[i].image, layout.shrink), cell.picture);
    for (std::size_t line = 0; line < cell.lines.size(); ++line) {
      const Box& place = cell.lines[line];
      painter.draw(sheet, place.left, place.top, pictures[i].lines[line], line == 0 ? kFirstLine : kOtherLine);
    }
  }
  return sheet;
}

}  // namespace deepcache_gen
