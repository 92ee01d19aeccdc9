#pragma once

#include <span>

#include "backend/cuda/number_kind.h"
#include "backend/fused_operators.h"

namespace deepcache_gen {

/// Throws `Error` unless it is dense memory of one of the kinds of numbers, on a device of that type, with `dimensions`
/// dimensions or more.
void require_numbers(const at::Tensor& tensor, const char* reader, c10::DeviceType device_type,
                     std::int64_t dimensions);

/// Of such a tensor.
NumberKind number_kind(const at::Tensor& tensor);

/// Throws `Error` unless the input of a GroupNorm is such a tensor, whose channels the groups share, and the others fit
/// it.
void require_group_norm_inputs(const GroupNormInputs& inputs, c10::DeviceType device_type);

/// Throws `Error` unless there are 1 to `kMostTerms` terms in float32, on one device of that type, of one shape.
void require_terms(std::span<const WeighedTensor> terms, c10::DeviceType device_type);

}  // namespace deepcache_gen
