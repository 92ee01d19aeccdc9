#include "evaluation/tuning_record.h"

#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>

#include "support/error.h"
#include "support/file_content.h"
#include "support/json_parsing.h"
#include "support/json_text.h"

namespace deepcache_gen {
namespace {

using Json = nlohmann::json;
using Ordered = nlohmann::ordered_json;

constexpr int kRecordFormat = 1;
constexpr std::size_t kLargestRecord = std::size_t{128} << 20;
constexpr JsonBounds kRecordBounds{10'000'000, 100};
constexpr std::size_t kMostPictures = 1000, kMostRuns = 100'000;
constexpr double kInfinite = std::numeric_limits<double>::infinity();

// What is infinite is null.
Ordered number_json(double number) { return std::isfinite(number) ? Ordered(number) : Ordered(); }

Ordered numbers_json(const std::vector<double>& numbers) {
  Ordered json = Ordered::array();
  for (const double number : numbers) json.push_back(number_json(number));
  return json;
}

const Json& field(const Json& object, const char* name) {
  if (!object.is_object() || !object.contains(name)) throw Error(std::string(name) + " is missing");
  return object.at(name);
}

const Json& list(const Json& object, const char* name, std::size_t most) {
  const Json& json = field(object, name);
  if (!json.is_array() || json.size() > most)
    throw Error(std::string(name) + " is no list of at most " + std::to_string(most));
  return json;
}

double number_of(const Json& json, const char* name, double low, double high) {
  const double number = json.is_number() ? json.get<double>() : NAN;
  if (!(number >= low && number <= high)) throw Error(std::string(name) + " has no number that can be");
  return number;
}

std::vector<double> numbers_of(const Json& json, const char* name, std::size_t count, double low, double high) {
  if (!json.is_array() || json.size() != count) throw Error(std::string(name) + " has not as many numbers as it needs");
  std::vector<double> numbers;
  for (const Json& number : json) numbers.push_back(number_of(number, name, low, high));
  return numbers;
}

constexpr double kMostSecondsOfCall = 1e6, kLeastSecondsOfCall = 1e-9;

PassCosts read_costs(const Json& json, std::size_t branches) {
  const auto of_branches = [&](const char* name) {
    return numbers_of(field(json, name), name, branches, kLeastSecondsOfCall, kMostSecondsOfCall);
  };
  return {true, number_of(field(json, "full"), "full", kLeastSecondsOfCall, kMostSecondsOfCall), of_branches("cached"),
          of_branches("held"), 0};
}

// A segment that ends at the last call has none behind it.
SegmentErrors read_segments(const Json& json, int calls) {
  SegmentErrors segments(calls, reach_of_segments(calls));
  std::vector<double>& values = segments.values();
  if (!json.is_array() || json.size() != values.size()) throw Error("errors has not as many numbers as it needs");
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (!json[i].is_null()) values[i] = number_of(json[i], "errors", 0, 1e30);
  }
  return segments;
}

std::vector<MeasuredErrors> read_errors(const Json& json, const TuningShape& shape) {
  const std::vector<Choice> kinds = kinds_of_cached_calls(shape.branches, shape.guided);
  if (!json.is_array() || json.size() != kinds.size()) throw Error("errors has not as many kinds as it needs");
  std::vector<MeasuredErrors> errors;
  for (std::size_t kind = 0; kind < kinds.size(); ++kind) {
    errors.push_back({kinds[kind], read_segments(json[kind], shape.calls)});
  }
  return errors;
}

CheckedRun read_run(const Json& json) {
  const auto quality = [&](const char* name) -> std::optional<double> {
    if (field(json, name).is_null()) return {};
    return number_of(field(json, name), name, -1, 1000);
  };
  return {number_of(field(json, "seconds"), "seconds", kLeastSecondsOfCall, kMostSecondsOfCall),
          number_of(field(json, "beside"), "beside", 0, kMostSecondsOfCall), quality("psnr").value_or(kInfinite),
          quality("ssim")};
}

std::optional<TuningRecord> read_record(const Json& json, const TuningShape& shape) {
  if (field(json, "format") != kRecordFormat || field(json, "of") != shape.of) return {};
  TuningRecord record{shape.of, {}, {}, {}, {}};
  const std::size_t gains = calls_of_gains(shape.calls).size();
  for (const Json& picture : list(json, "gains", kMostPictures)) {
    record.gains.push_back(numbers_of(picture, "gains", gains, 1e-9, 1e9));
  }
  for (const Json& picture : list(json, "errors", kMostPictures)) record.errors.push_back(read_errors(picture, shape));
  const auto branches = static_cast<std::size_t>(shape.branches.back()) + 1;
  for (const Json& costs : list(json, "seconds", 2 * kMostPictures)) {
    record.seconds.push_back(read_costs(costs, branches));
  }
  if (record.seconds.size() != record.gains.size() + record.errors.size()) {
    throw Error("seconds has not as many entries as there were pictures");
  }
  for (const Json& run : list(json, "runs", kMostRuns)) record.runs.push_back(read_run(run));
  return record;
}

}  // namespace

std::optional<TuningRecord> read_tuning_record(const std::filesystem::path& file, const TuningShape& shape) {
  const std::string text = read_regular_file(file, kLargestRecord);
  try {
    return read_record(parse_json<Json>(text, kRecordBounds), shape);
  } catch (const Error& error) {
    throw Error(file.string() + ": " + error.what());
  }
}

std::string tuning_record_text(const TuningRecord& record) {
  Ordered json{{"format", kRecordFormat}, {"of", record.of}, {"gains", record.gains}};
  auto& errors = json["errors"] = Ordered::array();
  for (const std::vector<MeasuredErrors>& picture : record.errors) {
    auto& kinds = errors.emplace_back(Ordered::array());
    for (const MeasuredErrors& kind : picture) kinds.push_back(numbers_json(kind.segments.values()));
  }
  auto& seconds = json["seconds"] = Ordered::array();
  for (const PassCosts& costs : record.seconds) {
    seconds.push_back({{"full", costs.full}, {"cached", costs.cached}, {"held", costs.held}});
  }
  auto& runs = json["runs"] = Ordered::array();
  for (const CheckedRun& run : record.runs) {
    runs.push_back({{"seconds", run.seconds},
                    {"beside", run.beside},
                    {"psnr", number_json(run.psnr)},
                    {"ssim", run.ssim ? Ordered(*run.ssim) : Ordered()}});
  }
  return json_text(json) + "\n";
}

}  // namespace deepcache_gen
