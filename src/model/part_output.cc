#include "model/part_output.h"

#include <algorithm>

#include "support/error.h"

namespace deepcache_gen {
namespace {

[[noreturn]] void refuse(const std::string& name, const std::string& returned, const std::string& expected) {
  throw Error(name + " returned " + returned + " where " + expected +
              " expected; export the model again with deepcache-gen export");
}

std::string tensors(std::size_t count) { return std::to_string(count) + (count == 1 ? " tensor" : " tensors"); }

void require_numbers(const at::Tensor& output, const std::string& name, c10::Device device) {
  if (!output.defined()) refuse(name, "nothing", "a tensor is");
  const bool is_plain = output.layout() == at::kStrided && output.is_floating_point();
  if (is_plain && output.device() == device) return;
  refuse(name, c10::str("numbers of ", output.scalar_type(), " on ", output.device()),
         "floating-point numbers on " + device.str() + " are");
}

std::string written(at::IntArrayRef sizes) {
  std::string text;
  for (const std::int64_t size : sizes)
    text += (text.empty() ? "" : ", ") + (size == kAnySize ? "any" : c10::str(size));
  return "[" + text + "]";
}

}  // namespace

std::vector<at::Tensor> run_part(const Module& part, const std::string& name, const std::vector<at::Tensor>& inputs,
                                 std::size_t count) {
  std::vector<at::Tensor> outputs = part.run(inputs);
  if (outputs.size() != count) {
    refuse(name, tensors(outputs.size()), std::to_string(count) + (count == 1 ? " is" : " are"));
  }
  for (const at::Tensor& output : outputs) require_numbers(output, name, inputs.front().device());
  return outputs;
}

at::Tensor run_part(const Module& part, const std::string& name, const std::vector<at::Tensor>& inputs) {
  return run_part(part, name, inputs, 1).front();
}

void require_sizes(const at::Tensor& output, const std::string& name, at::IntArrayRef sizes) {
  const auto suits = [](std::int64_t size, std::int64_t wanted) {
    return wanted == kAnySize ? size > 0 : size == wanted;
  };
  const at::IntArrayRef got = output.sizes();
  if (std::equal(got.begin(), got.end(), sizes.begin(), sizes.end(), suits)) return;
  refuse(name, "a tensor of shape " + written(got), written(sizes) + " is");
}

}  // namespace deepcache_gen
