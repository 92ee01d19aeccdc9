#pragma once

#include <ATen/core/Tensor.h>

#include <string>
#include <vector>

#include "backend/module.h"

namespace deepcache_gen {

// A part of a model may return anything: what it returns is looked at once, here. `name` is what messages call it.

/// Runs a part and returns its outputs. Throws `Error` unless these are `count` tensors of floating-point numbers, with
/// strides, on the device of the first input.
std::vector<at::Tensor> run_part(const Module& part, const std::string& name, const std::vector<at::Tensor>& inputs,
                                 std::size_t count);

/// The same for a part of one output.
at::Tensor run_part(const Module& part, const std::string& name, const std::vector<at::Tensor>& inputs);

/// Throws `Error` unless an output has these sizes; `kAnySize` stands for any from 1 on.
void require_sizes(const at::Tensor& output, const std::string& name, at::IntArrayRef sizes);
inline constexpr std::int64_t kAnySize = -1;

}  // namespace deepcache_gen
