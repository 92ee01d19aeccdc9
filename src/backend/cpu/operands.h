#pragma once

#include <ATen/core/Tensor.h>

#include <optional>
#include <string>

namespace deepcache_gen {

// What kernels are given. A model's graph can hand any tensor to any operator, and neither our kernels nor oneDNN's
// look.

/// Whether a tensor's numbers are in the CPU's memory, in that dtype, at its strides.
bool is_computable(const at::Tensor& tensor, c10::ScalarType dtype);

/// Throws `Error` unless these are the rows of a linear: [..., width] in that dtype, and at least one number.
void require_rows(const at::Tensor& rows, c10::ScalarType dtype, std::int64_t width);

/// Throws `Error` unless a bias or a factor of each channel, where there is one, is floating-point numbers of the
/// shape [channels].
void require_per_channel(const std::optional<at::Tensor>& numbers, const std::string& reader, std::int64_t channels);

}  // namespace deepcache_gen
