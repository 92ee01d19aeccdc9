#include "cli/output/step_files.h"

#include "support/error.h"

namespace deepcache_gen {
namespace {

void require_previews(const OutputOptions& options, const ModelInfo& model) {
  if (options.preview_every < 1) {
    throw UsageError("--preview-every " + std::to_string(options.preview_every) + ": expected 1 or more steps");
  }
  if (!model.preview) {
    throw UsageError("--preview: " + model.folder.string() +
                     "/model.json has no map from latents to colours; scripts/describe_model.py adds one");
  }
}

}  // namespace

StepFiles::StepFiles(const OutputOptions& options, const ModelInfo& model) : preview_every_(options.preview_every) {
  if (options.preview) {
    require_previews(options, model);
    preview_.emplace(*options.preview, options.overwrite);
  }
  if (options.trace) trace_.emplace(*options.trace);
}

Curiosity StepFiles::curiosity() const {
  return {.movement = trace_.has_value(), .preview_every = preview_ ? preview_every_ : 0};
}

void StepFiles::add(const std::vector<Picture>& batch, const StepReport& step) {
  if (trace_) trace_->add(batch, step);
}

void StepFiles::show(const Image& preview) {
  if (!preview_) return;
  try {
    preview_->replace(preview);
  } catch (const Error&) {
    preview_.reset();
    throw;
  }
}

}  // namespace deepcache_gen
