#include "backend/graph/refused_operand.h"

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

}  // namespace

void refuse_operand(const std::string& reader, const std::string& accepted, const at::Tensor& got) {
  throw Error(reader + " takes " + accepted + ", got " + described(got) + "; export the model again");
}

void require_storable(const at::Tensor& constant) {
  const bool is_plain = constant.defined() && constant.device().is_cpu() && constant.layout() == at::kStrided;
  if (!is_plain || constant.is_quantized()) refuse_operand("a model", "plain tensors as weights", constant);
  const std::size_t room = std::max(constant.storage().nbytes(), kRepeatedBytes) / constant.element_size();
  if (static_cast<std::size_t>(constant.numel()) > room) {
    refuse_operand("a model", "weights that are no larger than their memory", constant);
  }
}

}  // namespace deepcache_gen
