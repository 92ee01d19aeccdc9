#include "cli/output/step_files.h"

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <cstring>
#include <nlohmann/json.hpp>
#include <utility>

#include "image/picture_texts.h"
#include "support/atomic_file.h"
#include "support/error.h"
#include "support/json_text.h"

namespace deepcache_gen {
namespace {

using Json = nlohmann::ordered_json;

Json number_or_null(const std::optional<double>& number) { return number ? Json(*number) : Json(nullptr); }

std::string reason() { return errno != 0 ? std::strerror(errno) : "the disk may be full"; }

const PngText kMark{"Software", "deepcache-gen --preview"};

bool is_preview(const std::filesystem::path& file) {
  const std::optional<PictureTexts> texts = read_picture_texts(file);
  return texts && std::find(texts->texts.begin(), texts->texts.end(), kMark) != texts->texts.end();
}

void require_previews(const OutputOptions& options, const ModelInfo& model) {
  if (options.preview_every < 1) {
    throw UsageError("--preview-every",
                     "--preview-every " + std::to_string(options.preview_every) + ": expected 1 or more steps");
  }
  if (!model.preview) {
    throw UsageError("--preview",
                     "--preview: " + model.folder.string() +
                         "/model.json has no map from latents to colours; scripts/describe_model.py adds one");
  }
}

}  // namespace

TraceFile::TraceFile(std::filesystem::path file) : file_(std::move(file)) {
  errno = 0;
  stream_.open(file_, std::ios::trunc);
  if (!stream_) throw Error("--trace", "--trace '" + file_.string() + "': cannot be written: " + reason());
}

void TraceFile::add(const std::vector<Picture>& batch, const StepReport& step) {
  const GenerationPlan& plan = *batch.front().plan;
  const PlannedCall& planned = plan.call(step.index);
  Json files = Json::array();
  for (const Picture& picture : batch) files.push_back(picture.file.string());
  Json line{
      {"pictures", std::move(files)},
      {"step", step.index},
      {"timestep", planned.timestep},
      {"sigma", planned.sigma},
      {"kind", kind_text(step.choice.kind)},
      {"branch", step.choice.branch},
      {"halves", plan.halves(step.choice)},
      {"milliseconds", std::round(step.seconds * 1e6) / 1e3},
      {"latents_movement", step.movement ? Json(step.movement->latents) : Json(nullptr)},
      {"deep_feature_movement", number_or_null(step.movement ? step.movement->deep_feature : std::nullopt)},
  };
  if (plan.passes.size() > 1) line["pass"] = plan.pass_of(step.index);
  errno = 0;
  stream_ << json_text(line) << std::endl;
  if (!stream_) throw NoMoreOutput(file_.string() + ": cannot be written: " + reason());
}

PreviewFile::PreviewFile(std::filesystem::path file, bool overwrite) : file_(std::move(file)) {
  if (std::filesystem::is_regular_file(file_) && !overwrite && !is_preview(file_)) {
    throw UsageError("--preview",
                     "--preview '" + file_.string() +
                         "': is there and is no preview; choose another name, or give --overwrite to replace it");
  }
  require_writable(file_);
}

void PreviewFile::replace(const Image& preview) const { write_file_atomically(file_, encode_png(preview, {kMark})); }

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
