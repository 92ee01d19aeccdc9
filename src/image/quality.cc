#include "image/quality.h"

#include <cmath>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "support/error.h"

namespace deepcache_gen {
namespace {

constexpr int kChannels = 3;
constexpr int kWindow = 7;
constexpr double kPixels = kWindow * kWindow;
constexpr double kPeak = 255;
// Wang et al., section III-B: K1 = 0.01, K2 = 0.03.
constexpr double kC1 = 0.01 * kPeak * 0.01 * kPeak;
constexpr double kC2 = 0.03 * kPeak * 0.03 * kPeak;

std::string size_text(const Image& image) { return std::to_string(image.width) + "x" + std::to_string(image.height); }

void require_same_size(const Image& a, const Image& b) {
  if (a.width == b.width && a.height == b.height) return;
  throw Error("pictures of " + size_text(a) + " and " + size_text(b) + " can't be compared");
}

// Sums over the pixels of a window; whole numbers, so that they can be moved along without rounding.
struct Sums {
  std::int64_t a = 0, b = 0, aa = 0, bb = 0, ab = 0;

  void add(std::int64_t x, std::int64_t y, std::int64_t sign) {
    a += sign * x;
    b += sign * y;
    aa += sign * x * x;
    bb += sign * y * y;
    ab += sign * x * y;
  }
  void add(const Sums& other, std::int64_t sign) {
    a += sign * other.a;
    b += sign * other.b;
    aa += sign * other.aa;
    bb += sign * other.bb;
    ab += sign * other.ab;
  }

  // Equation 13 there.
  double similarity() const {
    const double mean_a = static_cast<double>(a) / kPixels, mean_b = static_cast<double>(b) / kPixels;
    const auto covariance = [](std::int64_t products, double mean, double other) {
      return (static_cast<double>(products) - kPixels * mean * other) / (kPixels - 1);
    };
    const double variances = covariance(aa, mean_a, mean_a) + covariance(bb, mean_b, mean_b);
    return (2 * mean_a * mean_b + kC1) * (2 * covariance(ab, mean_a, mean_b) + kC2) /
           ((mean_a * mean_a + mean_b * mean_b + kC1) * (variances + kC2));
  }
};

// One channel: windows move down by adding a row to the sums of each column, and right by adding a column.
class ChannelSimilarity {
 public:
  ChannelSimilarity(const Image& a, const Image& b, int channel)
      : a_(a), b_(b), channel_(channel), columns_(static_cast<std::size_t>(a.width)) {}

  double sum() {
    double total = 0;
    for (int row = 0; row < a_.height; ++row) {
      add_row(row, 1);
      if (row >= kWindow) add_row(row - kWindow, -1);
      if (row >= kWindow - 1) total += sum_of_windows();
    }
    return total;
  }

 private:
  void add_row(int row, std::int64_t sign) {
    for (std::size_t x = 0; x < columns_.size(); ++x) {
      const std::size_t i =
          (static_cast<std::size_t>(row) * columns_.size() + x) * kChannels + static_cast<std::size_t>(channel_);
      columns_[x].add(a_.pixels[i], b_.pixels[i], sign);
    }
  }

  double sum_of_windows() const {
    double total = 0;
    Sums window;
    for (std::size_t x = 0; x < columns_.size(); ++x) {
      window.add(columns_[x], 1);
      if (x >= kWindow) window.add(columns_[x - kWindow], -1);
      if (x >= kWindow - 1) total += window.similarity();
    }
    return total;
  }

  const Image& a_;
  const Image& b_;
  int channel_;
  std::vector<Sums> columns_;
};

}  // namespace

double psnr(const Image& a, const Image& b) {
  require_same_size(a, b);
  std::int64_t squares = 0;
  for (std::size_t i = 0; i < a.pixels.size(); ++i) {
    const int difference = a.pixels[i] - b.pixels[i];
    squares += difference * difference;
  }
  if (squares == 0) return std::numeric_limits<double>::infinity();
  return 10 * std::log10(kPeak * kPeak * static_cast<double>(a.pixels.size()) / static_cast<double>(squares));
}

double ssim(const Image& a, const Image& b) {
  require_same_size(a, b);
  if (a.width < kWindow || a.height < kWindow) {
    throw Error("the structural similarity of pictures of " + size_text(a) +
                " is not defined; 7 pixels a side at least");
  }
  double total = 0;
  for (int channel = 0; channel < kChannels; ++channel) total += ChannelSimilarity(a, b, channel).sum();
  const double windows = static_cast<double>(a.width - kWindow + 1) * (a.height - kWindow + 1);
  return total / (windows * kChannels);
}

}  // namespace deepcache_gen
