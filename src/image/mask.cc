#include "image/mask.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

namespace deepcache_gen {
namespace {

constexpr int kPasses = 3;

// The radius of a box that blurs, in so many passes, as a Gaussian does: formulas 7, 11 and 14 of the paper, in the
// floats that Pillow computes with.
float box_radius(float radius) {
  const float variance = radius * radius / kPasses;
  const auto length = static_cast<float>(std::sqrt(12.0 * variance + 1.0));
  const auto whole = static_cast<float>(std::floor((length - 1.0) / 2.0));
  float part = (2 * whole + 1) * (whole * (whole + 1) - 3 * variance);
  part /= 6 * (variance - (whole + 1) * (whole + 1));
  return whole + part;
}

// A box of whole samples with a part of one at both ends, in 1/2^24.
struct BlurBox {
  int radius;
  std::uint32_t weight, end_weight;
};

BlurBox box_of(float radius) {
  BlurBox box{static_cast<int>(radius), static_cast<std::uint32_t>((1 << 24) / (radius * 2 + 1)), 0};
  box.end_weight = ((1 << 24) - static_cast<std::uint32_t>(box.radius * 2 + 1) * box.weight) / 2;
  return box;
}

// One pass over the samples at `line`, `stride` apart. Beyond its ends they go on as the last one.
void blur_line(std::uint8_t* line, int count, std::size_t stride, const BlurBox& box,
               std::vector<std::uint8_t>& before) {
  before.resize(static_cast<std::size_t>(count));
  for (int i = 0; i < count; ++i) before[static_cast<std::size_t>(i)] = line[static_cast<std::size_t>(i) * stride];
  const auto at = [&](std::int64_t i) -> std::uint32_t {
    return before[static_cast<std::size_t>(std::clamp<std::int64_t>(i, 0, count - 1))];
  };
  const std::int64_t radius = box.radius;
  std::uint32_t sum = 0;
  for (std::int64_t i = -radius - 1; i < radius; ++i) sum += at(i);
  for (std::int64_t i = 0; i < count; ++i) {
    sum += at(i + radius) - at(i - radius - 1);
    const std::uint32_t ends = at(i - radius - 1) + at(i + radius + 1);
    line[static_cast<std::size_t>(i) * stride] =
        static_cast<std::uint8_t>((sum * box.weight + ends * box.end_weight + (1 << 23)) >> 24);
  }
}

void blur(std::vector<std::uint8_t>& samples, int width, int height, std::size_t channels, double radius) {
  if (radius == 0) return;
  const BlurBox box = box_of(box_radius(static_cast<float>(radius)));
  const std::size_t row_size = static_cast<std::size_t>(width) * channels;
  std::vector<std::uint8_t> before;
  for (std::size_t start = 0; start < samples.size(); start += row_size) {
    for (std::size_t i = 0; i < channels * kPasses; ++i)
      blur_line(samples.data() + start + i % channels, width, channels, box, before);
  }
  for (std::size_t start = 0; start < row_size; ++start) {
    for (int pass = 0; pass < kPasses; ++pass) blur_line(samples.data() + start, height, row_size, box, before);
  }
}

}  // namespace

GrayImage to_gray(const Image& image) {
  GrayImage gray{image.width, image.height, {}};
  gray.pixels.reserve(image.pixels.size() / 3);
  for (std::size_t i = 0; i + 2 < image.pixels.size(); i += 3) {
    const std::uint32_t luma = image.pixels[i] * 19595u + image.pixels[i + 1] * 38470u + image.pixels[i + 2] * 7471u;
    gray.pixels.push_back(static_cast<std::uint8_t>((luma + 0x8000) >> 16));
  }
  return gray;
}

GrayImage gaussian_blur(const GrayImage& image, double radius) {
  GrayImage blurred = image;
  blur(blurred.pixels, image.width, image.height, 1, radius);
  return blurred;
}

Image gaussian_blur(const Image& image, double radius) {
  Image blurred = image;
  blur(blurred.pixels, image.width, image.height, 3, radius);
  return blurred;
}

}  // namespace deepcache_gen
