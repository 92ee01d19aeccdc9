#pragma once

#include <optional>
#include <vector>

#include "cli/options/command_line.h"
#include "cli/output/picture.h"
#include "cli/output/preview_file.h"
#include "cli/output/trace_file.h"
#include "model/model_info.h"
#include "pipeline/observer.h"

namespace deepcache_gen {

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
