#include "model/text_encoder.h"

#include <ATen/ops/stack.h>
#include <ATen/ops/tensor.h>

#include "backend/to_device.h"

namespace deepcache_gen {

at::Tensor token_tensor(const TokenIds& ids, c10::Device device) {
  std::vector<at::Tensor> rows;
  for (const std::vector<std::int64_t>& row : ids) rows.push_back(at::tensor(row, at::kLong));
  return to_device(at::stack(rows), device);
}

}  // namespace deepcache_gen
