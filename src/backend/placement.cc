#include "backend/placement.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "backend/cpu/processor.h"
#include "backend/cuda_library.h"
#include "support/closest_name.h"
#include "support/error.h"

namespace deepcache_gen {
namespace {

struct DtypeName {
  const char* option;
  const char* stored;
  c10::ScalarType dtype;
};

constexpr std::array kDtypes{
    DtypeName{"fp32", "float32", c10::ScalarType::Float},
    DtypeName{"fp16", "float16", c10::ScalarType::Half},
    DtypeName{"bf16", "bfloat16", c10::ScalarType::BFloat16},
};

// The GPU's number in `cuda` or `cuda:N`.
int cuda_index(const std::string& device) {
  if (device == "cuda") return 0;
  const std::string number = device.starts_with("cuda:") ? device.substr(5) : "";
  int index = -1;
  const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), index);
  if (number.empty() || error != std::errc() || end != number.data() + number.size() || index < 0 || index > 127) {
    throw UsageError("--device", unknown_name_message("device", device, {"auto", "cpu", "cuda", "cuda:N"}));
  }
  return index;
}

c10::Device require_cuda(const std::string& device) {
  const int index = cuda_index(device);
  const CudaDevices found = find_cuda_devices();
  if (found.count == 0)
    throw UsageError("--device", "--device " + device + ": " + found.problem + "; use --device cpu");
  if (index >= found.count) {
    throw UsageError("--device", "--device " + device + ": this machine has " + std::to_string(found.count) +
                                     " CUDA device(s), cuda:0 to cuda:" + std::to_string(found.count - 1));
  }
  return c10::Device(c10::DeviceType::CUDA, static_cast<c10::DeviceIndex>(index));
}

c10::Device resolve_device(const std::string& device) {
  const c10::Device cpu(c10::DeviceType::CPU);
  if (device == "cpu") return cpu;
  if (device == "auto") return find_cuda_devices().count > 0 ? c10::Device(c10::DeviceType::CUDA, 0) : cpu;
  return require_cuda(device);
}

c10::ScalarType resolve_dtype(const std::string& dtype, const std::string& stored, const c10::Device& device) {
  const bool is_auto = dtype == "auto";
  if (is_auto && device.is_cpu()) return bfloat16_is_faster() ? c10::ScalarType::BFloat16 : c10::ScalarType::Float;
  for (const DtypeName& name : kDtypes) {
    if (is_auto ? stored == name.stored : dtype == name.option) return name.dtype;
  }
  throw UsageError("--dtype",
                   unknown_name_message("dtype", is_auto ? stored : dtype, {"auto", "fp32", "fp16", "bf16"}));
}

}  // namespace

Placement resolve_placement(const ExecutionOptions& options, const std::string& stored_dtype) {
  const c10::Device device = resolve_device(options.device);
  return {device, resolve_dtype(options.dtype, stored_dtype, device)};
}

std::string device_name(const Placement& placement) { return placement.device.str(); }

std::string dtype_name(const Placement& placement) {
  return std::find_if(kDtypes.begin(), kDtypes.end(),
                      [&](const DtypeName& name) { return name.dtype == placement.dtype; })
      ->option;
}

}  // namespace deepcache_gen
