#include "image/resize.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <numbers>
#include <vector>

#include "image/pasting.h"

namespace deepcache_gen {
namespace {

// Pillow computes pixels in whole numbers with so many bits behind the point.
constexpr int kPrecision = 32 - 8 - 2;

struct Filter {
  double (*weight)(double);
  double support;  ///< it is 0 from there on
};

double sinc(double x) {
  if (x == 0.0) return 1.0;
  x *= std::numbers::pi;
  return std::sin(x) / x;
}

double lanczos(double x) { return -3.0 <= x && x < 3.0 ? sinc(x) * sinc(x / 3) : 0.0; }

double bicubic(double x) {
  constexpr double a = -0.5;
  x = std::abs(x);
  if (x < 1.0) return ((a + 2.0) * x - (a + 3.0)) * x * x + 1;
  return x < 2.0 ? (((x - 5) * x + 8) * x - 4) * a : 0.0;
}

constexpr Filter kLanczos{lanczos, 3.0}, kBicubic{bicubic, 2.0};

// What one sample of the result is made of.
struct Taps {
  int first;
  std::vector<int> weights;
};

// A stretch of the samples along a side, which may be empty: all of the result is then made of its place.
struct Stretch {
  double from, to;
};

int fixed_point(double weight) { return static_cast<int>((weight < 0 ? -0.5 : 0.5) + weight * (1 << kPrecision)); }

Taps taps_of(int place, int size, int new_size, const Stretch& stretch, const Filter& filter) {
  const double scale = (stretch.to - stretch.from) / new_size, widened = std::max(scale, 1.0);
  const double support = filter.support * widened, center = stretch.from + (place + 0.5) * scale;
  const double narrowed = 1.0 / widened;
  const int first = std::max(static_cast<int>(center - support + 0.5), 0);
  const int end = std::min(static_cast<int>(center + support + 0.5), size);
  std::vector<double> weights;
  double sum = 0;
  for (int i = 0; i < end - first; ++i) {
    weights.push_back(filter.weight((i + first - center + 0.5) * narrowed));
    sum += weights.back();
  }
  Taps taps{first, {}};
  for (const double weight : weights) taps.weights.push_back(fixed_point(sum != 0 ? weight / sum : weight));
  return taps;
}

std::uint8_t clipped(int sum) { return static_cast<std::uint8_t>(std::clamp(sum >> kPrecision, 0, 255)); }

// Samples `stride` apart in lines that start at the places of `line_starts`.
struct Layout {
  std::size_t lines, line_stride, stride;
};

void resample(const std::uint8_t* from, const Layout& from_layout, std::uint8_t* to, const Layout& to_layout,
              const std::vector<Taps>& all_taps) {
  for (std::size_t line = 0; line < from_layout.lines; ++line) {
    const std::uint8_t* const source = from + line * from_layout.line_stride;
    std::uint8_t* target = to + line * to_layout.line_stride;
    for (const Taps& taps : all_taps) {
      int sum = 1 << (kPrecision - 1);
      const std::uint8_t* sample = source + static_cast<std::size_t>(taps.first) * from_layout.stride;
      for (const int weight : taps.weights) {
        sum += *sample * weight;
        sample += from_layout.stride;
      }
      *target = clipped(sum);
      target += to_layout.stride;
    }
  }
}

std::vector<Taps> all_taps(int size, int new_size, const Stretch& stretch, const Filter& filter) {
  std::vector<Taps> taps;
  for (int place = 0; place < new_size; ++place) taps.push_back(taps_of(place, size, new_size, stretch, filter));
  return taps;
}

template <class Picture>
constexpr std::size_t kSamplesOf = 1;
template <>
constexpr std::size_t kSamplesOf<Image> = 3;

template <class Picture>
Picture blank(int width, int height) {
  const std::size_t samples = static_cast<std::size_t>(width) * static_cast<std::size_t>(height) * kSamplesOf<Picture>;
  return {width, height, std::vector<std::uint8_t>(samples)};
}

template <class Picture>
std::size_t row_size(const Picture& picture) {
  return static_cast<std::size_t>(picture.width) * kSamplesOf<Picture>;
}

// For each channel, the rows are the lines.
template <class Picture>
Picture resize_rows(const Picture& picture, int width, const Stretch& stretch, const Filter& filter) {
  Picture resized = blank<Picture>(width, picture.height);
  const std::vector<Taps> taps = all_taps(picture.width, width, stretch, filter);
  const auto lines = static_cast<std::size_t>(picture.height);
  for (std::size_t channel = 0; channel < kSamplesOf<Picture>; ++channel) {
    resample(picture.pixels.data() + channel, {lines, row_size(picture), kSamplesOf<Picture>},
             resized.pixels.data() + channel, {lines, row_size(resized), kSamplesOf<Picture>}, taps);
  }
  return resized;
}

// The lines are the columns of samples.
template <class Picture>
Picture resize_columns(const Picture& picture, int height, const Stretch& stretch, const Filter& filter) {
  Picture resized = blank<Picture>(picture.width, height);
  const std::vector<Taps> taps = all_taps(picture.height, height, stretch, filter);
  const std::size_t lines = row_size(picture);
  resample(picture.pixels.data(), {lines, 1, lines}, resized.pixels.data(), {lines, 1, lines}, taps);
  return resized;
}

// Since Pillow 13 the height comes first where it shrinks by more than twice what the width does.
template <class Picture>
bool is_height_first(const Picture& picture, int width, int height) {
  const int less_wide = picture.width - width, less_high = picture.height - height;
  return less_high > 0 && less_high > 2 * less_wide;
}

template <class Picture>
void set_width(Picture& picture, int width) {
  if (width == picture.width) return;
  picture = resize_rows(picture, width, {0, static_cast<double>(picture.width)}, kLanczos);
}

template <class Picture>
void set_height(Picture& picture, int height) {
  if (height == picture.height) return;
  picture = resize_columns(picture, height, {0, static_cast<double>(picture.height)}, kLanczos);
}

template <class Picture>
Picture resize(Picture picture, int width, int height) {
  const bool is_height_now = is_height_first(picture, width, height);
  if (is_height_now) set_height(picture, height);
  set_width(picture, width);
  if (!is_height_now) set_height(picture, height);
  return picture;
}

// Pillow's `resize((width, height), box=(0, row, width, row))`, whose way of sampling is its usual one.
Image smeared_row(const Image& image, int row, int height) {
  return resize_columns(image, height, {double(row), double(row)}, kBicubic);
}

Image smeared_column(const Image& image, int column, int width) {
  return resize_rows(image, width, {double(column), double(column)}, kBicubic);
}

// A side of a picture when the other becomes `other_now`, as Python's `//` rounds.
int in_proportion(int side, int other, int other_now) {
  return static_cast<int>(static_cast<std::int64_t>(side) * other_now / other);
}

double ratio(int width, int height) { return static_cast<double>(width) / height; }

}  // namespace

Image resize_lanczos(const Image& image, int width, int height) { return resize(image, width, height); }

GrayImage resize_lanczos(const GrayImage& image, int width, int height) { return resize(image, width, height); }

Image resize_and_fill(const Image& image, int width, int height) {
  const double wanted = ratio(width, height), own = ratio(image.width, image.height);
  const int inner_width = wanted < own ? width : in_proportion(image.width, image.height, height);
  const int inner_height = wanted >= own ? height : in_proportion(image.height, image.width, width);
  const Image inner = resize_lanczos(image, inner_width, inner_height);
  const int left = width / 2 - inner_width / 2, top = height / 2 - inner_height / 2;
  Image filled = blank<Image>(width, height);
  paste(filled, inner, left, top);
  if (wanted < own && top > 0) {
    paste(filled, smeared_row(inner, 0, top), 0, 0);
    paste(filled, smeared_row(inner, inner_height, top), 0, top + inner_height);
  } else if (wanted > own && left > 0) {
    paste(filled, smeared_column(inner, 0, left), 0, 0);
    paste(filled, smeared_column(inner, inner_width, left), left + inner_width, 0);
  }
  return filled;
}

Image resize_and_crop(const Image& image, int width, int height) {
  const double wanted = ratio(width, height), own = ratio(image.width, image.height);
  const int inner_width = wanted > own ? width : in_proportion(image.width, image.height, height);
  const int inner_height = wanted <= own ? height : in_proportion(image.height, image.width, width);
  Image cropped = blank<Image>(width, height);
  paste(cropped, resize_lanczos(image, inner_width, inner_height), width / 2 - inner_width / 2,
        height / 2 - inner_height / 2);
  return cropped;
}

}  // namespace deepcache_gen
