#include "backend/cpu/geglu.h"

#include <ATen/ops/empty.h>

#include <vector>

#include "backend/cpu/gate_kernels.h"
#include "backend/cpu/operands.h"
#include "backend/cpu/parallel_for.h"
#include "backend/graph/refused_operand.h"

namespace deepcache_gen {
namespace {

template <typename Number>
void gate_rows(const at::Tensor& rows, const at::Tensor& output) {
  const auto* input = static_cast<const Number*>(rows.const_data_ptr());
  auto* results = static_cast<Number*>(output.mutable_data_ptr());
  const auto half = static_cast<std::size_t>(output.size(-1));
  parallel_for(static_cast<std::size_t>(output.numel()) / half, [&](std::size_t row) {
    const Number* value = input + row * 2 * half;
    gate_row(value, value + half, half, results + row * half);
  });
}

}  // namespace

at::Tensor gate(const at::Tensor& rows) {
  const bool is_known = is_computable(rows, at::kFloat) || is_computable(rows, at::kBFloat16);
  if (!is_known || rows.dim() == 0 || rows.size(-1) % 2 != 0) {
    refuse_operand("a GEGLU", "rows of two halves, float32 or bfloat16", rows);
  }
  const at::Tensor dense = rows.contiguous();
  std::vector<std::int64_t> sizes = dense.sizes().vec();
  sizes.back() /= 2;
  const at::Tensor output = at::empty(sizes, dense.options());
  if (output.numel() == 0) return output;
  if (dense.scalar_type() == at::kFloat) {
    gate_rows<float>(dense, output);
  } else {
    gate_rows<Bfloat16Bits>(dense, output);
  }
  return output;
}

}  // namespace deepcache_gen
