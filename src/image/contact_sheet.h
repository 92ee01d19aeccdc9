#pragma once

#include <optional>
#include <string>
#include <vector>

#include "image/image.h"

namespace deepcache_gen {

/// A picture for a contact sheet and the lines of UTF-8 text below it; the first line is the most important.
struct SheetPicture {
  const Image& image;
  std::vector<std::string> lines;
};

/// An area of an image in pixels from its top left.
struct Box {
  int left, top, width, height;
};

/// Where a picture and its lines go.
struct SheetCell {
  Box picture;
  std::vector<Box> lines;
};

/// Where everything on a contact sheet goes.
struct SheetLayout {
  int width, height;
  int shrink;                    ///< pixels of a picture, along a side, that become one pixel of the sheet
  double text_size;              ///< pixels of the em
  std::vector<SheetCell> cells;  ///< one per picture
};

/// Pixels; pictures are shrunk where a sheet would be wider.
inline constexpr int kWidestSheet = 4096;

/// Puts pictures (at least one) row by row into a grid of that many columns, or else one that is about as wide
/// as high, and their lines below them. The
/// pictures are never enlarged; they shrink by the least whole number that keeps the sheet to `kWidestSheet` pixels,
/// but not below 64 pixels. Lines are never cut: a cell is as wide as the widest of them.
SheetLayout lay_out_contact_sheet(const std::vector<SheetPicture>& pictures, std::optional<int> columns = {});

/// Draws the sheet on a plain light background.
Image draw_contact_sheet(const std::vector<SheetPicture>& pictures, std::optional<int> columns = {});

}  // namespace deepcache_gen
