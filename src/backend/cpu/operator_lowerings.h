#pragma once

#include "backend/cpu/weight_conversion.h"
#include "backend/graph/constant_inputs.h"
#include "backend/graph/program.h"

namespace deepcache_gen {

/// Makes the operation of a node whose weights and settings are known. The operation takes the other inputs, which are
/// named here, off the stack; the operators and all their inputs are in fusions.h and in LibTorch's native_functions.
using OperatorLowering = Operation (*)(const ConstantInputs& inputs, WeightConversion& weights);

Operation lower_linear(const ConstantInputs& inputs, WeightConversion& weights);            ///< aten::linear: input
Operation lower_linear_add(const ConstantInputs& inputs, WeightConversion& weights);        ///< input, other
Operation lower_linear_add_image(const ConstantInputs& inputs, WeightConversion& weights);  ///< input, sizes, other
Operation lower_linear_gelu(const ConstantInputs& inputs, WeightConversion& weights);       ///< input
Operation lower_geglu(const ConstantInputs& inputs, WeightConversion& weights);             ///< input
Operation lower_convolution(const ConstantInputs& inputs, WeightConversion& weights);  ///< aten::_convolution: input
Operation lower_convolution_add(const ConstantInputs& inputs, WeightConversion& weights);  ///< input, other
Operation lower_group_norm(const ConstantInputs& inputs, WeightConversion& weights);       ///< input, addend
Operation lower_attention(const ConstantInputs& inputs, WeightConversion& weights);        ///< query, key, value

}  // namespace deepcache_gen
