#pragma once

#include <optional>
#include <string>

namespace deepcache_gen {

/// Where and how to compute, as the user said it; `resolve_placement` (backend/placement.h) checks and resolves it.
struct ExecutionOptions {
  std::string device = "auto";    ///< auto, cpu, cuda or cuda:N
  std::string dtype = "auto";     ///< auto, fp32, fp16 or bf16
  bool tf32 = false;              ///< fp32 on a GPU is multiplied in TensorFloat-32: faster, about 3 decimal digits
  bool cudnn_benchmark = false;   ///< on a GPU, cuDNN times its algorithms and takes the fastest; which, may vary
  bool no_cuda_graphs = false;    ///< UNet calls on a GPU are handed over kernel by kernel, not recorded and played
  std::optional<int> threads;     ///< CPU threads; unset: see `resolve_thread_count`
  int engines_on_cpu = 1;         ///< how many share the CPU's threads and memory at the same time
  std::optional<int> batch_size;  ///< images in one UNet batch; unset: as many as memory allows, at most 8
};

}  // namespace deepcache_gen
