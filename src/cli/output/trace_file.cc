#include "cli/output/trace_file.h"

#include <cerrno>
#include <cstring>
#include <nlohmann/json.hpp>
#include <utility>

#include "support/error.h"
#include "support/json_text.h"

namespace deepcache_gen {
namespace {

using Json = nlohmann::ordered_json;

Json number_or_null(const std::optional<double>& number) { return number ? Json(*number) : Json(nullptr); }

std::string reason() { return errno != 0 ? std::strerror(errno) : "the disk may be full"; }

}  // namespace

TraceFile::TraceFile(std::filesystem::path file) : file_(std::move(file)) {
  errno = 0;
  stream_.open(file_, std::ios::trunc);
  if (!stream_) throw Error("--trace '" + file_.string() + "': cannot be written: " + reason());
}

void TraceFile::add(const std::vector<Picture>& batch, const StepReport& step) {
  const PlannedCall& planned = batch.front().job.plan->call(step.index);
  Json files = Json::array();
  for (const Picture& picture : batch) files.push_back(picture.file.string());
  const Json line{
      {"pictures", std::move(files)},
      {"step", step.index},
      {"timestep", planned.timestep},
      {"sigma", planned.sigma},
      {"kind", step.choice.kind == StepKind::full ? "full" : "cached"},
      {"milliseconds", step.seconds * 1000},
      {"latents_movement", step.movement ? Json(step.movement->latents) : Json(nullptr)},
      {"deep_feature_movement", number_or_null(step.movement ? step.movement->deep_feature : std::nullopt)},
  };
  errno = 0;
  stream_ << json_text(line) << std::endl;
  if (!stream_) throw NoMoreOutput(file_.string() + ": cannot be written: " + reason());
}

}  // namespace deepcache_gen
