#pragma once

#include <torch/csrc/jit/api/module.h>

#include <filesystem>
#include <memory>

#include "backend/mapped_file.h"

namespace deepcache_gen {

/// A TorchScript archive whose weights are not read: they are views of the mapped file, read-only.
struct MappedArchive {
  std::shared_ptr<const MappedFile> file;
  torch::jit::Module module;
};

/// Opens an archive on the CPU. Throws `Error` or `c10::Error` where it can't be read.
MappedArchive map_archive(const std::filesystem::path& file);

}  // namespace deepcache_gen
