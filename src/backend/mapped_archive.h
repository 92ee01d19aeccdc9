#pragma once

#include <torch/csrc/jit/api/module.h>

#include <filesystem>
#include <memory>
#include <optional>

#include "backend/mapped_file.h"
#include "support/file_state.h"

namespace deepcache_gen {

/// A TorchScript archive whose weights are not read: they are views of the mapped file, read-only.
struct MappedArchive {
  std::shared_ptr<const MappedFile> file;
  torch::jit::Module module;
};

/// Opens an archive, which is in the state `expected`, on the CPU. LibTorch sees it only after our own reader has found
/// that it holds what the exporter writes (backend/archive/archive_contents.h), and nothing is handed out, or was run,
/// before every operator is known to be an accepted one. Throws `Error` naming the file and what is wrong in it.
MappedArchive map_archive(const std::filesystem::path& file, const std::optional<FileState>& expected = {});

}  // namespace deepcache_gen
