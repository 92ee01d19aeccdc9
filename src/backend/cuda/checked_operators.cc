#include "backend/cuda/checked_operators.h"

#include <ATen/ops/empty.h>
#include <ATen/ops/empty_like.h>

#include <algorithm>
#include <limits>
#include <vector>

#include "backend/cuda/operand_checks.h"
#include "support/error.h"

namespace deepcache_gen {
namespace {

constexpr auto kChannelsLast = c10::MemoryFormat::ChannelsLast;

// Numbers of the widest access that all of the addresses are aligned to; else one.
template <typename... Tensors>
int aligned_pack(int number_bytes, const Tensors&... tensors) {
  const auto is_aligned = [](const at::Tensor& tensor) {
    return reinterpret_cast<std::uintptr_t>(tensor.const_data_ptr()) % kWidestAccess == 0;
  };
  return (is_aligned(tensors) && ...) ? kWidestAccess / number_bytes : 1;
}

int number_bytes(const at::Tensor& tensor) { return static_cast<int>(tensor.element_size()); }

const void* address(const at::Tensor& tensor) { return tensor.defined() ? tensor.const_data_ptr() : nullptr; }

// As many of those threads as rows take, so that few are idle in the last round.
void share_rows(const BlockLimits& limits, GegluArguments<void>& arguments) {
  const int packs = arguments.half / arguments.pack;
  const int rounds = (packs + limits.threads - 1) / limits.threads;
  arguments.columns = (packs + rounds - 1) / rounds;
  arguments.lanes = static_cast<int>(std::min<std::int64_t>(limits.threads / arguments.columns, arguments.rows));
  arguments.threads = (arguments.columns * arguments.lanes + limits.stripe - 1) / limits.stripe * limits.stripe;
}

// One order of numbers for all terms: the first one's if it has no gaps and the others have it too.
std::vector<at::Tensor> in_one_order(std::span<const WeighedTensor> terms) {
  const at::Tensor& first = terms.front().tensor;
  const bool are_alike =
      first.is_non_overlapping_and_dense() && std::all_of(terms.begin(), terms.end(), [&](const WeighedTensor& term) {
        return term.tensor.strides() == first.strides();
      });
  std::vector<at::Tensor> tensors;
  for (const WeighedTensor& term : terms) tensors.push_back(are_alike ? term.tensor : term.tensor.contiguous());
  return tensors;
}

}  // namespace

at::Tensor CheckedOperators::group_norm(const GroupNormInputs& inputs) const {
  require_group_norm_inputs(inputs, device_type_);
  const at::Tensor input = inputs.input.contiguous(kChannelsLast), output = at::empty_like(input);
  if (input.numel() == 0) return output;
  const at::Tensor addend = inputs.addend.defined() ? inputs.addend.contiguous() : inputs.addend;
  const at::Tensor weight = inputs.weight.contiguous(), bias = inputs.bias.contiguous();
  const GroupNormSizes sizes{input.size(0), input.size(2) * input.size(3), static_cast<int>(input.size(1)),
                             static_cast<int>(inputs.groups)};
  const int pack = aligned_pack(number_bytes(input), input, output);
  const GroupNormLayout layout = group_norm_layout(sizes, number_bytes(input), pack, limits(input.device()));
  const at::Tensor moments =
      at::empty({sizes.batch, sizes.groups, layout.chunks, 2}, input.options().dtype(c10::ScalarType::Float));
  run({.input = address(input),
       .addend = address(addend),
       .weight = address(weight),
       .bias = address(bias),
       .output = output.mutable_data_ptr(),
       .moments = static_cast<GroupMoments*>(moments.mutable_data_ptr()),
       .eps = static_cast<float>(inputs.eps),
       .silu = inputs.silu,
       .sizes = sizes,
       .layout = layout},
      number_kind(input), input.device());
  return output;
}

at::Tensor CheckedOperators::geglu(const at::Tensor& both) const {
  require_numbers(both, "a fused GEGLU", device_type_, 1);
  const std::int64_t width = both.size(-1);
  if (width % 2 != 0 || width > std::numeric_limits<int>::max()) {
    throw Error("a fused GEGLU takes two halves side by side, got rows of " + std::to_string(width));
  }
  const at::Tensor input = both.contiguous();
  std::vector<std::int64_t> shape = input.sizes().vec();
  shape.back() /= 2;
  const at::Tensor output = at::empty(shape, input.options());
  if (output.numel() == 0) return output;
  const int half = static_cast<int>(width / 2), pack = aligned_pack(number_bytes(input), input, output);
  GegluArguments<void> arguments{.input = input.const_data_ptr(),
                                 .output = output.mutable_data_ptr(),
                                 .rows = output.numel() / half,
                                 .half = half,
                                 .pack = half % pack == 0 ? pack : 1,
                                 .columns = 1,
                                 .lanes = 1,
                                 .threads = 1};
  share_rows(limits(input.device()), arguments);
  run(arguments, number_kind(input), input.device());
  return output;
}

at::Tensor CheckedOperators::weighted_sum(std::span<const WeighedTensor> terms) const {
  require_terms(terms, device_type_);
  const std::vector<at::Tensor> tensors = in_one_order(terms);
  const at::Tensor output = at::empty_like(tensors.front());
  if (output.numel() == 0) return output;
  WeightedSumArguments arguments{.terms = {},
                                 .weights = {},
                                 .count = static_cast<int>(terms.size()),
                                 .output = output.mutable_data_ptr<float>(),
                                 .size = output.numel(),
                                 .pack = aligned_pack(number_bytes(output), output)};
  for (std::size_t i = 0; i < tensors.size(); ++i) {
    arguments.terms[i] = tensors[i].const_data_ptr<float>();
    arguments.weights[i] = terms[i].weight;
    arguments.pack = std::min(arguments.pack, aligned_pack(number_bytes(output), tensors[i]));
  }
  run(arguments, output.device());
  return output;
}

}  // namespace deepcache_gen
