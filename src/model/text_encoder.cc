#include "model/text_encoder.h"

#include <ATen/ops/stack.h>
#include <ATen/ops/tensor.h>

#include "model/part_output.h"

namespace deepcache_gen {

TextEncoder::TextEncoder(const TextEncoderInfo& info, std::unique_ptr<Module> module, c10::Device device)
    : name_(info.file),
      hidden_size_(info.hidden_size),
      pooled_size_(info.pooled_size),
      module_(std::move(module)),
      device_(device) {}

TextEncoding TextEncoder::encode(const std::vector<std::vector<std::int64_t>>& ids) const {
  std::vector<at::Tensor> rows;
  for (const std::vector<std::int64_t>& row : ids) rows.push_back(at::tensor(row, at::kLong));
  const at::Tensor batch = at::stack(rows).to(device_);
  const std::vector<at::Tensor> outputs = run_part(*module_, name_, {batch}, 2);
  require_sizes(outputs[0], name_ + ": hidden", {batch.size(0), batch.size(1), hidden_size_});
  require_sizes(outputs[1], name_ + ": pooled", {batch.size(0), pooled_size_});
  return {outputs[0], outputs[1]};
}

}  // namespace deepcache_gen
