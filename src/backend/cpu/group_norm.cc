#include "backend/cpu/group_norm.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/empty_like.h>

#include <algorithm>
#include <cmath>
#include <string>

#include "backend/cpu/channel_kernels.h"
#include "backend/cpu/operands.h"
#include "backend/cpu/parallel_for.h"
#include "backend/graph/refused_operand.h"
#include "support/error.h"

namespace deepcache_gen {
namespace {

constexpr auto kChannelsLast = c10::MemoryFormat::ChannelsLast;

// Sums over a block are floats, those over blocks are doubles.
constexpr std::size_t kRowsPerBlock = 128;

struct Shape {
  std::size_t batch, pixels, channels;
};

std::vector<float> to_floats(const at::Tensor& tensor) {
  const at::Tensor floats = tensor.to(at::kFloat).contiguous();
  return {floats.const_data_ptr<float>(), floats.const_data_ptr<float>() + floats.numel()};
}

std::vector<float> to_floats_of(const std::optional<at::Tensor>& per_channel) {
  if (!per_channel) return {};
  require_per_channel(per_channel, "a group norm", per_channel->numel());
  return to_floats(*per_channel);
}

// A batch of images, cut into blocks of rows that threads can work on.
template <typename Number>
class Images {
 public:
  Images(const Number* numbers, const Shape& shape)
      : numbers_(numbers), shape_(shape), blocks_((shape.pixels + kRowsPerBlock - 1) / kRowsPerBlock) {}

  // Per image and channel: the mean, and the mean squared difference from it.
  struct Moments {
    std::vector<double> mean, variance;
  };
  Moments moments() const {
    const std::size_t channels = shape_.channels;
    const std::vector<float> pivots = first_rows();
    std::vector<float> sums(shape_.batch * blocks_ * 2 * channels);
    parallel_for(shape_.batch * blocks_, [&](std::size_t i) {
      float* sum = sums.data() + i * 2 * channels;
      add_moments(block(i), pivots.data() + i / blocks_ * channels, sum, sum + channels);
    });
    return combine(pivots, sums);
  }

  void scale(Number* output, const std::vector<float>& scale, const std::vector<float>& shift, bool silu) const {
    parallel_for(shape_.batch * blocks_, [&](std::size_t i) {
      const Rows<const Number> rows = block(i);
      const std::size_t image = i / blocks_ * shape_.channels;
      scale_channels(rows, output + (rows.data - numbers_), scale.data() + image, shift.data() + image, silu);
    });
  }

 private:
  Rows<const Number> block(std::size_t i) const {
    const std::size_t image = i / blocks_, first = i % blocks_ * kRowsPerBlock;
    return {numbers_ + (image * shape_.pixels + first) * shape_.channels,
            std::min(kRowsPerBlock, shape_.pixels - first), shape_.channels};
  }

  // A number near the mean: the squares of small differences lose nothing when they are summed.
  std::vector<float> first_rows() const {
    const std::size_t channels = shape_.channels;
    const std::vector<float> zeros(channels);
    std::vector<float> rows(shape_.batch * channels), squares(channels);
    for (std::size_t image = 0; image < shape_.batch; ++image) {
      const Rows<const Number> row{numbers_ + image * shape_.pixels * channels, 1, channels};
      add_moments(row, zeros.data(), rows.data() + image * channels, squares.data());
    }
    return rows;
  }

  Moments combine(const std::vector<float>& pivots, const std::vector<float>& sums) const {
    const std::size_t channels = shape_.channels;
    Moments moments{std::vector<double>(pivots.size()), std::vector<double>(pivots.size())};
    for (std::size_t i = 0; i < shape_.batch * blocks_; ++i) {
      const float* sum = sums.data() + i * 2 * channels;
      const std::size_t image = i / blocks_ * channels;
      for (std::size_t c = 0; c < channels; ++c) {
        moments.mean[image + c] += sum[c];
        moments.variance[image + c] += sum[channels + c];
      }
    }
    const auto count = static_cast<double>(shape_.pixels);
    for (std::size_t i = 0; i < pivots.size(); ++i) {
      const double offset = moments.mean[i] / count;
      moments.mean[i] = pivots[i] + offset;
      moments.variance[i] = moments.variance[i] / count - offset * offset;
    }
    return moments;
  }

  const Number* numbers_;
  Shape shape_;
  std::size_t blocks_;
};

bool is_per_channel(const at::Tensor& addend, const at::Tensor& input) {
  return input.dim() == 4 && is_computable(addend, input.scalar_type()) &&
         addend.sizes() == at::IntArrayRef({input.size(0), input.size(1), 1, 1});
}

}  // namespace

GroupNorm::GroupNorm(const std::optional<at::Tensor>& weight, const std::optional<at::Tensor>& bias, Options options)
    : options_(options) {
  if (options.groups < 1) {
    throw Error("a group norm has " + std::to_string(options.groups) +
                " groups, needs 1 or more; export the model again");
  }
  weights_ = to_floats_of(weight);
  biases_ = to_floats_of(bias);
}

at::Tensor GroupNorm::run(const at::Tensor& input, const at::Tensor& addend) const {
  if (addend.defined() && !is_per_channel(addend, input)) return run(input + addend, {});
  require_normalizable(input);
  if (input.numel() == 0) return at::empty_like(input);
  if (input.dim() != 4) return run(input.reshape({input.size(0), input.size(1), -1, 1}), {}).reshape(input.sizes());
  const at::Tensor images = input.contiguous(kChannelsLast);
  return images.scalar_type() == at::kFloat ? normalize<float>(images, addend)
                                            : normalize<Bfloat16Bits>(images, addend);
}

void GroupNorm::require_normalizable(const at::Tensor& input) const {
  const bool is_known = is_computable(input, at::kFloat) || is_computable(input, at::kBFloat16);
  const auto suits = [&](const std::vector<float>& per_channel) {
    return per_channel.empty() || static_cast<std::int64_t>(per_channel.size()) == input.size(1);
  };
  if (is_known && input.dim() >= 2 && input.size(1) % options_.groups == 0 && suits(weights_) && suits(biases_)) return;
  const std::string channels = weights_.empty() ? "" : " of " + std::to_string(weights_.size()) + " channels";
  refuse_operand("a group norm of " + std::to_string(options_.groups) + " groups",
                 "float32 or bfloat16 images" + channels, input);
}

template <typename Number>
at::Tensor GroupNorm::normalize(const at::Tensor& input, const at::Tensor& addend) const {
  const auto size = [&](int dim) { return static_cast<std::size_t>(input.size(dim)); };
  const Images<Number> images(static_cast<const Number*>(input.const_data_ptr()),
                              {size(0), size(2) * size(3), size(1)});
  auto [mean, variance] = images.moments();
  const std::vector<float> added = addend.defined() ? to_floats(addend) : std::vector<float>(mean.size());
  std::transform(added.begin(), added.end(), mean.begin(), mean.begin(), std::plus<>());

  // The addend moves a channel's mean, which is subtracted, and with it the numbers, so it is in both or in neither.
  std::vector<float> scale(mean.size()), shift(mean.size());
  const std::size_t channels = size(1), group_size = channels / static_cast<std::size_t>(options_.groups);
  for (std::size_t first = 0; first < mean.size(); first += group_size) {
    const auto [group_mean, deviation] = group_moments(&mean[first], &variance[first], group_size);
    for (std::size_t i = first; i < first + group_size; ++i) {
      const double factor = (weights_.empty() ? 1 : weights_[i % channels]) / deviation;
      scale[i] = static_cast<float>(factor);
      shift[i] = static_cast<float>((added[i] - group_mean) * factor + (biases_.empty() ? 0 : biases_[i % channels]));
    }
  }
  const at::Tensor output = at::empty_like(input);
  images.scale(static_cast<Number*>(output.mutable_data_ptr()), scale, shift, options_.silu);
  return output;
}

std::pair<double, double> GroupNorm::group_moments(const double* mean, const double* variance,
                                                   std::size_t count) const {
  double sum = 0, square = 0;
  for (std::size_t c = 0; c < count; ++c) sum += mean[c];
  const double group_mean = sum / static_cast<double>(count);
  for (std::size_t c = 0; c < count; ++c) square += variance[c] + (mean[c] - group_mean) * (mean[c] - group_mean);
  return {group_mean, std::sqrt(square / static_cast<double>(count) + options_.epsilon)};
}

}  // namespace deepcache_gen
