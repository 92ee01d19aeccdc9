#include "backend/cpu/geglu.h"

#include <ATen/Parallel.h>
#include <ATen/ops/empty.h>

#include <vector>

#include "backend/cpu/gate_kernels.h"

namespace deepcache_gen {
namespace {

template <typename Number>
void gate_rows(const at::Tensor& rows, const at::Tensor& output) {
  const auto* input = static_cast<const Number*>(rows.const_data_ptr());
  auto* results = static_cast<Number*>(output.mutable_data_ptr());
  const std::int64_t half = output.size(-1);
  at::parallel_for(0, output.numel() / half, 1, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t row = begin; row < end; ++row) {
      const Number* value = input + row * 2 * half;
      gate_row(value, value + half, static_cast<std::size_t>(half), results + row * half);
    }
  });
}

}  // namespace

at::Tensor gate(const at::Tensor& rows) {
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
