#pragma once

#include <torch/csrc/jit/api/module.h>

#include <memory>

namespace caffe2::serialize {
class ReadAdapterInterface;
}

namespace deepcache_gen {

/// The module of a TorchScript archive, on the CPU, as `torch::jit::load` gives it, without the lines of Python that
/// its code was made of. Left out is what LibTorch does last, for two fifths of the time: it looks in every graph for
/// convolutions as quantised models of before 2020 have them. Throws what LibTorch throws.
torch::jit::Module read_script_archive(std::shared_ptr<caffe2::serialize::ReadAdapterInterface> archive);

}  // namespace deepcache_gen
