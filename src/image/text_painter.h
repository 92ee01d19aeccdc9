#pragma once

#include <memory>
#include <string>

#include "image/color.h"
#include "image/image.h"

namespace deepcache_gen {

/// Draws lines of text in DejaVu Sans of one size, anti-aliased.
class TextPainter {
 public:
  /// `size` is that of the em in pixels, as a font size in CSS is.
  explicit TextPainter(double size);
  ~TextPainter();

  /// Pixels from the top of one line to the top of the next.
  int line_height() const;
  /// Pixels that a line takes from left to right. `text` is UTF-8; what is not becomes U+FFFD.
  int width(const std::string& text) const;
  /// Draws one line whose top left corner lies there. What would lie outside of the image is left out.
  void draw(Image& image, int left, int top, const std::string& text, const Color& color) const;

 private:
  class Font;
  std::unique_ptr<const Font> font_;
};

}  // namespace deepcache_gen
