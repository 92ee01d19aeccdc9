#pragma once

#include <filesystem>
#include <fstream>
#include <optional>
#include <vector>

#include "cli/options/command_line.h"
#include "cli/output/picture.h"
#include "model/model_info.h"
#include "pipeline/observer.h"

namespace deepcache_gen {

/// The file of --trace: a line for every UNet call, written as it happens. A line is a JSON object with the pictures of
/// the call, its index, timestep, sigma, kind and milliseconds, and how far it moved latents and deep feature (null
/// where there is nothing to compare with; see `Movement`).
class TraceFile {
 public:
  /// Begins a new file. Throws `Error` where it can't be written.
  explicit TraceFile(std::filesystem::path file);

  /// Throws `NoMoreOutput` where the line can't be written.
  void add(const std::vector<Picture>& batch, const StepReport& step);

 private:
  std::filesystem::path file_;
  std::ofstream stream_;
};

/// The file of --preview: a small PNG of the pictures that are being made, replaced as they take shape.
class PreviewFile {
 public:
  /// Throws `UsageError` where the file is there and is not an earlier preview, unless `overwrite`, and `Error` where
  /// it can't be written.
  PreviewFile(std::filesystem::path file, bool overwrite);

  /// Throws `Error` where it can't be written; what was there before is whole then.
  void replace(const Image& preview) const;

 private:
  std::filesystem::path file_;
};

/// What is written step by step while pictures are made, where it is asked for: the trace and the preview.
class StepFiles {
 public:
  /// Throws `UsageError` or `Error` where one can't be had: a model without a preview map, a file that can't be
  /// written.
  StepFiles(const OutputOptions& options, const ModelInfo& model);

  /// What the engine has to tell for them.
  Curiosity curiosity() const;
  /// Throws `NoMoreOutput` where the trace can't be written.
  void add(const std::vector<Picture>& batch, const StepReport& step);
  /// Throws `Error` where the preview can't be written; there are no more of them then.
  void show(const Image& preview);

 private:
  std::optional<TraceFile> trace_;
  std::optional<PreviewFile> preview_;
  int preview_every_;
};

}  // namespace deepcache_gen
