#include "model/text_encoder.h"

#include <ATen/ops/stack.h>
#include <ATen/ops/tensor.h>

namespace deepcache_gen {

TextEncoder::TextEncoder(std::unique_ptr<Module> module, c10::Device device)
    : module_(std::move(module)), device_(device) {}

TextEncoding TextEncoder::encode(const std::vector<std::vector<std::int64_t>>& ids) const {
  std::vector<at::Tensor> rows;
  for (const std::vector<std::int64_t>& row : ids) rows.push_back(at::tensor(row, at::kLong));
  const std::vector<at::Tensor> outputs = module_->run({at::stack(rows).to(device_)});
  return {outputs.at(0), outputs.at(1)};
}

}  // namespace deepcache_gen
