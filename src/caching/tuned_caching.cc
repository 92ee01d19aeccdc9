#include "caching/tuned_caching.h"

#include <cmath>
#include <map>
#include <nlohmann/json.hpp>
#include <utility>

#include "support/error.h"
#include "support/file_content.h"
#include "support/json_parsing.h"
#include "support/json_text.h"
#include "support/printable.h"

namespace deepcache_gen {
namespace {

using Json = nlohmann::json;

constexpr int kTunedFormat = 1;
constexpr std::size_t kLargestTunedFile = std::size_t{4} << 20;
constexpr JsonBounds kTunedBounds{1'000'000, 100};
constexpr std::size_t kLongestName = 100, kDigitsOfSha256 = 64;
constexpr int kMostCalls = 2000, kMostBranches = 64, kLargestSide = 1 << 20;
constexpr double kMostSeconds = 1e6;

// One object of the file; what is wrong with a field is said with the way to it.
class Fields {
 public:
  Fields(const Json& json, std::string path) : json_(json), path_(std::move(path)) {
    if (!json.is_object()) throw Error(path_ + (path_.empty() ? "is no object" : ": is no object"));
  }

  const Json& at(const char* name) const {
    const auto found = json_.find(name);
    if (found == json_.end()) fail(name, "is missing");
    return *found;
  }

  std::string text(const char* name) const {
    const Json& value = at(name);
    if (!value.is_string()) fail(name, "is no text");
    auto text = value.get<std::string>();
    if (text.size() > kLongestName) fail(name, "is longer than " + std::to_string(kLongestName) + " bytes");
    return text;
  }

  int whole(const char* name, int low, int high) const { return whole(at(name), name, low, high); }

  int whole(const Json& value, const std::string& name, int low, int high) const {
    const auto in_range = [&](auto number) {
      return std::cmp_greater_equal(number, low) && std::cmp_less_equal(number, high);
    };
    const bool is_accepted = value.is_number_unsigned()  ? in_range(value.get<std::uint64_t>())
                             : value.is_number_integer() ? in_range(value.get<std::int64_t>())
                                                         : false;
    if (!is_accepted) fail(name, "is no whole number of " + std::to_string(low) + " to " + std::to_string(high));
    return value.get<int>();
  }

  double number(const char* name, double low, double high) const { return number(at(name), name, low, high); }

  double number(const Json& value, const std::string& name, double low, double high) const {
    const double found = value.is_number() ? value.get<double>() : NAN;
    if (!(found >= low && found <= high)) fail(name, "is no number from " + bound(low) + " to " + bound(high));
    return found;
  }

  const Json& list(const char* name, std::size_t most) const {
    const Json& value = at(name);
    if (!value.is_array() || value.size() > most) fail(name, "is no list of at most " + std::to_string(most));
    return value;
  }

  std::vector<double> seconds_by_branch(const char* name) const {
    std::vector<double> seconds;
    for (const Json& value : list(name, kMostBranches)) seconds.push_back(number(value, name, 0, kMostSeconds));
    return seconds;
  }

  Fields object(const char* name) const { return {at(name), path_ + (path_.empty() ? "" : ": ") + name}; }

  [[noreturn]] void fail(const std::string& name, const std::string& problem) const {
    throw Error(path_ + (path_.empty() ? "" : ": ") + name + ": " + problem);
  }

 private:
  static std::string bound(double value) { return Json(value).dump(); }

  const Json& json_;
  std::string path_;
};

// A call takes some time.
double positive_seconds(const Fields& fields, const char* name) { return fields.number(name, 1e-9, kMostSeconds); }

std::vector<int> read_full_calls(const Fields& placement, int calls) {
  constexpr const char* kName = "full";
  std::vector<int> full;
  for (const Json& call : placement.list(kName, static_cast<std::size_t>(calls))) {
    const int least = full.empty() ? 0 : full.back() + 1;
    const int most = full.empty() ? 0 : calls - 1;
    full.push_back(placement.whole(call, kName, least, most));
  }
  if (full.empty()) placement.fail(kName, "is empty");
  return full;
}

std::optional<double> read_quality(const Fields& placement, const char* name) {
  if (placement.at(name).is_null()) return {};
  return placement.number(name, -1, 1000);
}

TunedPlacement read_placement(const Fields& fields, int calls) {
  TunedPlacement placement;
  const std::string reuse = fields.text("reuse"), guidance = fields.text("guidance");
  if (reuse != "feature" && reuse != "denoised") fields.fail("reuse", "is neither feature nor denoised");
  if (guidance != "both" && guidance != "held") fields.fail("guidance", "is neither both nor held");
  placement.cached = Choice::cached(fields.whole("branch", 0, kMostBranches - 1), guidance == "held");
  placement.cached.reuse = reuse == "denoised" ? Reuse::denoised : Reuse::deep_feature;
  placement.cached.extrapolation = fields.number("extrapolate", 0, placement.cached.runs() ? 0 : 1);
  if (!placement.cached.runs() && (placement.cached.branch > 0 || placement.cached.holds_guidance)) {
    fields.fail("reuse", "denoised has no branch and holds no guidance");
  }
  placement.full = read_full_calls(fields, calls);
  placement.error = fields.number("error", 0, 1e30);
  placement.psnr = read_quality(fields, "psnr");
  placement.ssim = read_quality(fields, "ssim");
  return placement;
}

PassCosts read_seconds(const Fields& fields) {
  PassCosts seconds{true, positive_seconds(fields, "full"), fields.seconds_by_branch("cached"),
                    fields.seconds_by_branch("held"), fields.number("beside", 0, kMostSeconds)};
  if (seconds.cached.size() != seconds.held.size()) fields.fail("held", "has not as many numbers as cached");
  return seconds;
}

std::vector<TunedPlacement> read_front(const Fields& fields, const TunedCaching& tuned) {
  constexpr const char* kName = "front";
  std::vector<TunedPlacement> front;
  std::map<Reuse, double> least;
  double cost = 0;
  for (const Json& json : fields.list(kName, kMostTunedPlacements)) {
    const std::string name = std::string(kName) + "[" + std::to_string(front.size()) + "]";
    const TunedPlacement placement = read_placement({json, name}, tuned.calls);
    const double own_cost =
        tuned.seconds.of_picture(tuned.calls, static_cast<int>(placement.full.size()), placement.cached);
    const auto [error, is_first] = least.try_emplace(placement.cached.reuse, placement.error);
    if (!(own_cost >= cost && (is_first || placement.error < error->second))) {
      fields.fail(name, "is no better than the one before it, or cheaper");
    }
    cost = own_cost;
    error->second = placement.error;
    front.push_back(placement);
  }
  return front;
}

TunedCaching read_tuned(const Fields& fields) {
  TunedCaching tuned;
  fields.whole("format", kTunedFormat, kTunedFormat);
  tuned.unet_sha256 = fields.text("unet_sha256");
  if (tuned.unet_sha256.size() != kDigitsOfSha256 ||
      tuned.unet_sha256.find_first_not_of("0123456789abcdef") != std::string::npos) {
    fields.fail("unet_sha256", "is not 64 hexadecimal digits");
  }
  tuned.sampler = fields.text("sampler");
  tuned.schedule = fields.text("schedule");
  tuned.steps = fields.whole("steps", 1, kMostCalls);
  tuned.calls = fields.whole("calls", 1, kMostCalls);
  tuned.guidance_scale = fields.number("guidance_scale", -1e6, 1e6);
  tuned.width = fields.whole("width", 1, kLargestSide);
  tuned.height = fields.whole("height", 1, kLargestSide);
  tuned.device = fields.text("device");
  tuned.dtype = fields.text("dtype");
  tuned.seconds = read_seconds(fields.object("seconds"));
  tuned.front = read_front(fields, tuned);
  return tuned;
}

nlohmann::ordered_json placement_json(const TunedPlacement& placement) {
  const auto or_null = [](const std::optional<double>& number) {
    return number ? nlohmann::ordered_json(*number) : nlohmann::ordered_json();
  };
  const Choice& cached = placement.cached;
  return {{"reuse", cached.runs() ? "feature" : "denoised"},
          {"branch", cached.branch},
          {"guidance", cached.holds_guidance ? "held" : "both"},
          {"extrapolate", cached.extrapolation},
          {"full", placement.full},
          {"error", placement.error},
          {"psnr", or_null(placement.psnr)},
          {"ssim", or_null(placement.ssim)}};
}

}  // namespace

TunedCaching read_tuned_caching(const std::filesystem::path& file) try {
  return read_tuned({parse_json<Json>(read_regular_file(file, kLargestTunedFile), kTunedBounds), ""});
} catch (const Error& error) {
  const std::string problem = error.what();
  const std::string name = file.string();
  throw Error((problem.starts_with(name) ? "" : name + ": ") + problem +
              "; delete it, or make it anew with deepcache-gen tune");
}

// An entry of the front a line, for who looks at it.
std::string tuned_caching_text(const TunedCaching& tuned) {
  nlohmann::ordered_json json{{"format", kTunedFormat},
                              {"unet_sha256", tuned.unet_sha256},
                              {"sampler", tuned.sampler},
                              {"schedule", tuned.schedule},
                              {"steps", tuned.steps},
                              {"calls", tuned.calls},
                              {"guidance_scale", tuned.guidance_scale},
                              {"width", tuned.width},
                              {"height", tuned.height},
                              {"device", tuned.device},
                              {"dtype", tuned.dtype},
                              {"seconds",
                               {{"full", tuned.seconds.full},
                                {"cached", tuned.seconds.cached},
                                {"held", tuned.seconds.held},
                                {"beside", tuned.seconds.beside}}}};
  std::string text = json_text(json);
  text.pop_back();
  text += ",\"front\":[";
  for (const TunedPlacement& placement : tuned.front) {
    text.append(&placement == &tuned.front.front() ? "\n" : ",\n").append(json_text(placement_json(placement)));
  }
  return text + "\n]}\n";
}

}  // namespace deepcache_gen
