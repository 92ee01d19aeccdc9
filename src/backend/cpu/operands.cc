#include "backend/cpu/operands.h"

#include <c10/core/ScalarType.h>
#include <c10/util/StringUtil.h>

#include <algorithm>

#include "support/error.h"

namespace deepcache_gen {
namespace {

// A constant may repeat itself, as a mask does; beyond this it was made to fill the memory.
constexpr std::size_t kRepeatedBytes = std::size_t{1} << 24;

std::string described(const at::Tensor& tensor) {
  if (!tensor.defined()) return "nothing";
  const std::string place = tensor.device().is_cpu() ? "" : " on " + tensor.device().str();
  return c10::str(tensor.scalar_type(), " ", tensor.sizes(), place);
}

bool is_dense(const at::Tensor& tensor) {
  return tensor.defined() && tensor.device().is_cpu() && tensor.layout() == at::kStrided;
}

}  // namespace

bool is_computable(const at::Tensor& tensor, c10::ScalarType dtype) {
  return is_dense(tensor) && tensor.scalar_type() == dtype;
}

void refuse_operand(const std::string& reader, const std::string& accepted, const at::Tensor& got) {
  throw Error(reader + " takes " + accepted + ", got " + described(got) + "; export the model again");
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

void require_storable(const at::Tensor& constant) {
  if (!is_dense(constant) || constant.is_quantized()) refuse_operand("a model", "plain tensors as weights", constant);
  const std::size_t room = std::max(constant.storage().nbytes(), kRepeatedBytes) / constant.element_size();
  if (static_cast<std::size_t>(constant.numel()) > room) {
    refuse_operand("a model", "weights that are no larger than their memory", constant);
  }
}

}  // namespace deepcache_gen
