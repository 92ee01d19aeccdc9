#include "image/text_painter.h"

#include <utf8proc.h>

#include <cmath>
#include <vector>

#include "image/caption_font.h"
#include "support/error.h"

#define STBTT_STATIC
#define STB_TRUETYPE_IMPLEMENTATION
#include <stb/stb_truetype.h>

namespace deepcache_gen {
namespace {

std::vector<int> code_points(const std::string& text) {
  std::vector<int> result;
  const auto* at = reinterpret_cast<const utf8proc_uint8_t*>(text.data());
  for (auto left = static_cast<utf8proc_ssize_t>(text.size()); left > 0;) {
    utf8proc_int32_t code_point = 0;
    const utf8proc_ssize_t length = utf8proc_iterate(at, left, &code_point);
    result.push_back(length > 0 ? code_point : 0xFFFD);
    at += length > 0 ? length : 1;
    left -= length > 0 ? length : 1;
  }
  return result;
}

// A glyph of a line, and where its origin lies from the line's left end.
struct PlacedGlyph {
  int index;
  double x;
};

struct Line {
  std::vector<PlacedGlyph> glyphs;
  double width = 0;
};

// How much of each pixel a glyph covers, 0..255, and where its top left pixel lies from the glyph's origin.
struct Coverage {
  int left = 0, top = 0, width = 0, height = 0;
  std::vector<unsigned char> pixels;
};

void blend(Image& image, int x, int y, const Color& color, int coverage) {
  if (x < 0 || y < 0 || x >= image.width || y >= image.height) return;
  const std::size_t first = (static_cast<std::size_t>(y) * static_cast<std::size_t>(image.width) + x) * 3;
  for (std::size_t i = 0; i < 3; ++i) {
    std::uint8_t& sample = image.pixels[first + i];
    sample = static_cast<std::uint8_t>((sample * (255 - coverage) + color[i] * coverage + 127) / 255);
  }
}

}  // namespace

// The font at one size.
class TextPainter::Font {
 public:
  explicit Font(double size) {
    const unsigned char* file = caption_font().data();
    if (!stbtt_InitFont(&info_, file, stbtt_GetFontOffsetForIndex(file, 0)))
      throw Error("the font in the program can't be read; build it again with an intact DejaVuSans.ttf");
    scale_ = stbtt_ScaleForMappingEmToPixels(&info_, static_cast<float>(size));
    stbtt_GetFontVMetrics(&info_, &ascent_, &descent_, &line_gap_);
  }

  int ascent() const { return static_cast<int>(std::ceil(ascent_ * scale_)); }
  int line_height() const { return ascent() + static_cast<int>(std::ceil((line_gap_ - descent_) * scale_)); }

  Line set(const std::string& text) const {
    Line line;
    for (const int code_point : code_points(text)) {
      const int glyph = stbtt_FindGlyphIndex(&info_, code_point);
      if (!line.glyphs.empty())
        line.width += scale_ * stbtt_GetGlyphKernAdvance(&info_, line.glyphs.back().index, glyph);
      line.glyphs.push_back({glyph, line.width});
      int advance = 0, bearing = 0;
      stbtt_GetGlyphHMetrics(&info_, glyph, &advance, &bearing);
      line.width += scale_ * advance;
    }
    return line;
  }

  // `shift`: by what part of a pixel the glyph begins to the right of a whole one.
  Coverage cover(int glyph, float shift) const {
    Coverage coverage;
    int right = 0, bottom = 0;
    stbtt_GetGlyphBitmapBoxSubpixel(&info_, glyph, scale_, scale_, shift, 0, &coverage.left, &coverage.top, &right,
                                    &bottom);
    coverage.width = right - coverage.left;
    coverage.height = bottom - coverage.top;
    coverage.pixels.resize(static_cast<std::size_t>(coverage.width) * static_cast<std::size_t>(coverage.height));
    if (!coverage.pixels.empty())
      stbtt_MakeGlyphBitmapSubpixel(&info_, coverage.pixels.data(), coverage.width, coverage.height, coverage.width,
                                    scale_, scale_, shift, 0, glyph);
    return coverage;
  }

 private:
  stbtt_fontinfo info_;
  float scale_;
  int ascent_, descent_, line_gap_;
};

TextPainter::TextPainter(double size) : font_(std::make_unique<Font>(size)) {}
TextPainter::~TextPainter() = default;

int TextPainter::line_height() const { return font_->line_height(); }

int TextPainter::width(const std::string& text) const { return static_cast<int>(std::ceil(font_->set(text).width)); }

void TextPainter::draw(Image& image, int left, int top, const std::string& text, const Color& color) const {
  for (const PlacedGlyph& glyph : font_->set(text).glyphs) {
    const double whole = std::floor(glyph.x);
    const Coverage coverage = font_->cover(glyph.index, static_cast<float>(glyph.x - whole));
    const int x = left + static_cast<int>(whole) + coverage.left, y = top + font_->ascent() + coverage.top;
    for (int row = 0; row < coverage.height; ++row) {
      for (int column = 0; column < coverage.width; ++column)
        blend(image, x + column, y + row, color,
              coverage.pixels[static_cast<std::size_t>(row * coverage.width + column)]);
    }
  }
}

}  // namespace deepcache_gen
