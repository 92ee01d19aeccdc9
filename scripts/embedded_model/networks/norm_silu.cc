// GroupNorm and SiLU in one pass for channels-last tensors on a CPU, forwards and backwards.
// PyTorch's own took half of a training step here: its backward pass reads such tensors badly.

#include <ATen/Parallel.h>
#include <torch/extension.h>

#include <cmath>
#include <vector>

namespace {

using Row = std::vector<float>;

// Numbers of one picture, (area, channels) in memory.
template <typename T>
struct Plane {
  T* data;
  int64_t area, channels;
  T* at(int64_t pixel) const { return data + pixel * channels; }
};

inline float sigmoid(float value) { return 1.0F / (1.0F + std::exp(-value)); }

// y = x * scale + shift is what GroupNorm computes of each channel.
struct Affine {
  Row scale, shift, mean, rstd;
};

template <typename T>
Affine affine_of(Plane<const T> x, const float* weight, const float* bias, int64_t groups, float eps) {
  const int64_t channels = x.channels, each = channels / groups;
  Row sum(channels, 0.0F), squares(channels, 0.0F);
  for (int64_t pixel = 0; pixel < x.area; ++pixel) {
    const T* row = x.at(pixel);
    for (int64_t c = 0; c < channels; ++c) {
      const float value = static_cast<float>(row[c]);
      sum[c] += value;
      squares[c] += value * value;
    }
  }
  Affine affine{Row(channels), Row(channels), Row(channels), Row(channels)};
  const double count = static_cast<double>(each * x.area);
  for (int64_t group = 0; group < groups; ++group) {
    double total = 0, total_squares = 0;
    for (int64_t c = group * each; c < (group + 1) * each; ++c) total += sum[c], total_squares += squares[c];
    const double mean = total / count;
    const double rstd = 1.0 / std::sqrt(std::max(total_squares / count - mean * mean, 0.0) + eps);
    for (int64_t c = group * each; c < (group + 1) * each; ++c) {
      affine.mean[c] = static_cast<float>(mean);
      affine.rstd[c] = static_cast<float>(rstd);
      affine.scale[c] = static_cast<float>(rstd) * weight[c];
      affine.shift[c] = bias[c] - affine.mean[c] * affine.scale[c];
    }
  }
  return affine;
}

template <typename T>
void forward_plane(Plane<const T> x, T* y, const Affine& affine) {
  const float *scale = affine.scale.data(), *shift = affine.shift.data();
  for (int64_t pixel = 0; pixel < x.area; ++pixel) {
    const T* row = x.at(pixel);
    T* out = y + pixel * x.channels;
    for (int64_t c = 0; c < x.channels; ++c) {
      const float z = static_cast<float>(row[c]) * scale[c] + shift[c];
      out[c] = static_cast<T>(z * sigmoid(z));
    }
  }
}

// The gradient with respect to z, of y = silu(z).
inline float inner(float dy, float z) {
  const float s = sigmoid(z);
  return dy * s * (1.0F + z * (1.0F - s));
}

template <typename T>
void backward_plane(Plane<const T> x, const T* dy, T* dx, const float* weight, const Affine& affine, int64_t groups,
                    float* dweight, float* dbias) {
  const int64_t channels = x.channels, each = channels / groups;
  const float *scale = affine.scale.data(), *shift = affine.shift.data();
  Row sum(channels, 0.0F), by_x(channels, 0.0F), constant(channels, 0.0F);
  for (int64_t pixel = 0; pixel < x.area; ++pixel) {
    const T *row = x.at(pixel), *gradient = dy + pixel * channels;
    for (int64_t c = 0; c < channels; ++c) {
      const float value = static_cast<float>(row[c]);
      const float dz = inner(static_cast<float>(gradient[c]), value * scale[c] + shift[c]);
      sum[c] += dz;
      by_x[c] += dz * value;
    }
  }
  // With x' = (x - mean) rstd: dx = rstd (w dz - mean(w dz) - x' mean(w dz x')).
  const float count = static_cast<float>(each * x.area);
  for (int64_t group = 0; group < groups; ++group) {
    float first = 0, second = 0;
    for (int64_t c = group * each; c < (group + 1) * each; ++c) {
      const float normal = (by_x[c] - affine.mean[c] * sum[c]) * affine.rstd[c];
      dweight[c] = normal;
      dbias[c] = sum[c];
      first += weight[c] * sum[c];
      second += weight[c] * normal;
    }
    for (int64_t c = group * each; c < (group + 1) * each; ++c) {
      const float rstd = affine.rstd[c];
      by_x[c] = -rstd * rstd * second / count;
      constant[c] = -rstd * first / count - by_x[c] * affine.mean[c];
    }
  }
  for (int64_t pixel = 0; pixel < x.area; ++pixel) {
    const T *row = x.at(pixel), *gradient = dy + pixel * channels;
    T* out = dx + pixel * channels;
    for (int64_t c = 0; c < channels; ++c) {
      const float value = static_cast<float>(row[c]);
      const float dz = inner(static_cast<float>(gradient[c]), value * scale[c] + shift[c]);
      out[c] = static_cast<T>(scale[c] * dz + by_x[c] * value + constant[c]);
    }
  }
}

template <typename Body>
void for_pictures(const at::Tensor& x, Body body) {
  at::parallel_for(0, x.size(0), 1, [&](int64_t begin, int64_t end) {
    for (int64_t picture = begin; picture < end; ++picture) body(picture);
  });
}

}  // namespace

// x: (n, channels, height, width), channels last, float32 or bfloat16; weight, bias: float32 (channels).
at::Tensor norm_silu(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias, int64_t groups, double eps) {
  at::Tensor y = at::empty_like(x);
  AT_DISPATCH_FLOATING_TYPES_AND(at::kBFloat16, x.scalar_type(), "norm_silu", [&] {
    const int64_t area = x.size(2) * x.size(3), size = area * x.size(1);
    for_pictures(x, [&](int64_t picture) {
      const Plane<const scalar_t> plane{x.const_data_ptr<scalar_t>() + picture * size, area, x.size(1)};
      const Affine affine = affine_of(plane, weight.const_data_ptr<float>(), bias.const_data_ptr<float>(), groups,
                                      static_cast<float>(eps));
      forward_plane(plane, y.mutable_data_ptr<scalar_t>() + picture * size, affine);
    });
  });
  return y;
}

// Gradients of norm_silu with respect to x, weight and bias.
std::vector<at::Tensor> norm_silu_backward(const at::Tensor& dy, const at::Tensor& x, const at::Tensor& weight,
                                           const at::Tensor& bias, int64_t groups, double eps) {
  at::Tensor dx = at::empty_like(x);
  at::Tensor parts = at::empty({2, x.size(0), x.size(1)}, weight.options());
  AT_DISPATCH_FLOATING_TYPES_AND(at::kBFloat16, x.scalar_type(), "norm_silu_backward", [&] {
    const int64_t area = x.size(2) * x.size(3), size = area * x.size(1);
    for_pictures(x, [&](int64_t picture) {
      const Plane<const scalar_t> plane{x.const_data_ptr<scalar_t>() + picture * size, area, x.size(1)};
      const float *w = weight.const_data_ptr<float>(), *b = bias.const_data_ptr<float>();
      const Affine affine = affine_of(plane, w, b, groups, static_cast<float>(eps));
      float* dweight = parts.mutable_data_ptr<float>() + picture * x.size(1);
      backward_plane(plane, dy.const_data_ptr<scalar_t>() + picture * size,
                     dx.mutable_data_ptr<scalar_t>() + picture * size, w, affine, groups, dweight,
                     dweight + x.size(0) * x.size(1));
    });
  });
  return {dx, parts[0].sum(0), parts[1].sum(0)};
}

PYBIND11_MODULE(TORCH_EXTENSION_NAME, module) {
  module.def("norm_silu", &norm_silu);
  module.def("norm_silu_backward", &norm_silu_backward);
}
