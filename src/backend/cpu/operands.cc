#include "backend/cpu/operands.h"

#include <c10/core/ScalarType.h>
#include <c10/util/StringUtil.h>

#include "backend/graph/refused_operand.h"

namespace deepcache_gen {
namespace {

bool is_dense(const at::Tensor& tensor) {
  return tensor.defined() && tensor.device().is_cpu() && tensor.layout() == at::kStrided;
}

}  // namespace

bool is_computable(const at::Tensor& tensor, c10::ScalarType dtype) {
  return is_dense(tensor) && tensor.scalar_type() == dtype;
}

void require_rows(const at::Tensor& rows, c10::ScalarType dtype, std::int64_t width) {
  if (is_computable(rows, dtype) && rows.dim() > 0 && rows.size(-1) == width && rows.numel() > 0) return;
  refuse_operand("a linear", c10::str(dtype, " [..., ", width, "]"), rows);
}

void require_per_channel(const std::optional<at::Tensor>& numbers, const std::string& reader, std::int64_t channels) {
  if (!numbers) return;
  if (is_dense(*numbers) && numbers->is_floating_point() && numbers->sizes() == at::IntArrayRef{channels}) return;
  refuse_operand(reader, c10::str("floating-point numbers [", channels, "] as bias or factors"), *numbers);
}

}  // namespace deepcache_gen
