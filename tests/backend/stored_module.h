#pragma once

#include <caffe2/serialize/inline_container.h>
#include <torch/csrc/jit/api/module.h>

#include <filesystem>
#include <sstream>

namespace deepcache_gen {

/// Writes a module as the exporter does (write_archive of scripts/exporter/archive.py): nothing compressed, and without
/// the source positions.
inline std::filesystem::path store_module(const torch::jit::Module& module, const std::filesystem::path& file) {
  std::stringstream saved;
  module.save(saved);
  caffe2::serialize::PyTorchStreamReader reader(&saved);
  caffe2::serialize::PyTorchStreamWriter writer(file.string());
  for (const std::string& name : reader.getAllRecords()) {
    const bool is_added = name == "version" || name == ".data/version" || name == ".data/serialization_id";
    if (is_added || name.ends_with(".debug_pkl")) continue;
    const auto [data, size] = reader.getRecord(name);
    writer.writeRecord(name, data.get(), size);
  }
  writer.writeEndOfFile();
  return file;
}

}  // namespace deepcache_gen
