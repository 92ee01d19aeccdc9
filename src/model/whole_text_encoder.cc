#include "model/whole_text_encoder.h"

#include <utility>

#include "model/part_output.h"
#include "support/error.h"

namespace deepcache_gen {

WholeTextEncoder::WholeTextEncoder(std::string name, const TextEncoderInfo& info, std::unique_ptr<Module> module,
                                   c10::Device device)
    : name_(std::move(name)),
      hidden_size_(info.hidden_size),
      projection_size_(info.projection_size),
      skip_(info.skip),
      module_(std::move(module)),
      device_(device) {}

TextEncoding WholeTextEncoder::encode(const TokenIds& ids, std::optional<int> skip, const AddedVectors& added) const {
  if (added.rows.defined()) {
    throw UsageError(name_ + " of format 1 takes no embeddings; export the model again with deepcache-gen export");
  }
  if (skip.value_or(skip_) != skip_) {
    throw UsageError("clip skip " + std::to_string(*skip) + ": " + name_ + " gives the states of clip skip " +
                     std::to_string(skip_) + " only; export the model again with deepcache-gen export");
  }
  const at::Tensor batch = token_tensor(ids, device_);
  const std::vector<at::Tensor> outputs = run_part(*module_, name_, {batch}, 2);
  require_sizes(outputs[0], name_ + ": hidden", {batch.size(0), batch.size(1), hidden_size_});
  require_sizes(outputs[1], name_ + ": pooled", {batch.size(0), projection_size_});
  return {outputs[0], outputs[1]};
}

}  // namespace deepcache_gen
