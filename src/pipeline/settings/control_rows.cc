#include <algorithm>
#include <utility>

#include "pipeline/control_settings.h"
#include "pipeline/settings/setting_rows.h"
#include "support/closest_name.h"
#include "support/error.h"
#include "support/number_text.h"

namespace deepcache_gen {
namespace {

using Json = nlohmann::ordered_json;
using Request = GenerationRequest;
using Settings = GenerationSettings;

constexpr const char* kControlTopic = "ControlNet";
// In the order of `ControlCache`.
constexpr const char* kControlCaches[] = {"shallow", "full", "held"};

// Also as one list, 0.5,1, as JSON lines have it.
std::vector<double> all_numbers(const OptionValue& value) {
  std::vector<double> numbers;
  for (const std::string& text : all_texts(value)) {
    std::vector<double> listed;
    read({value.flag, text}, listed);
    numbers.insert(numbers.end(), listed.begin(), listed.end());
  }
  return numbers;
}

template <class Value>
std::optional<Json> of_each(const Settings& settings, Value value_of) {
  if (settings.control_nets.empty()) return {};
  Json values = Json::array();
  for (const ControlNetSettings& net : settings.control_nets) values.push_back(value_of(net));
  return values;
}

// The same, where one of them is not what it is if nothing is said.
std::optional<Json> numbers_unless(double usual, double ControlNetSettings::*number, const Settings& settings) {
  const bool is_usual = std::all_of(settings.control_nets.begin(), settings.control_nets.end(),
                                    [&](const ControlNetSettings& net) { return net.*number == usual; });
  if (is_usual) return {};
  // As texts: so a flag that may be given several times is recorded.
  return of_each(settings, [&](const ControlNetSettings& net) { return Json(net.*number).dump(); });
}

ControlCache control_cache_named(const std::string& name) {
  const auto* const found = std::find(std::begin(kControlCaches), std::end(kControlCaches), name);
  if (found != std::end(kControlCaches)) return static_cast<ControlCache>(found - std::begin(kControlCaches));
  throw UsageError("--control-cache", unknown_name_message("--control-cache", name,
                                                           {std::begin(kControlCaches), std::end(kControlCaches)}));
}

void resolve_nets(const Request& request, const ModelInfo& model, Settings& settings) {
  settings.control_nets = resolve_control_nets(request, model);
  settings.control_guess = request.control_guess;
  if (request.control_cache) settings.control_cache = control_cache_named(*request.control_cache);
}

std::string name_and_strength(const ControlNetSettings& net) {
  const std::string name = net.net->folder.filename().string();
  return (name.empty() ? net.net->name : name) + (net.strength == 1 ? "" : " " + number_text("%g", net.strength));
}

std::string names_and_strengths(const Settings& settings) {
  std::string text;
  for (const ControlNetSettings& net : settings.control_nets) {
    text.append(text.empty() ? "" : ", ").append(name_and_strength(net));
  }
  return text;
}

PictureSetting control_net() {
  return {.names = "--control-net",
          .placeholder = "DIR",
          .topic = kControlTopic,
          .help =
              "A control net that steers the picture (deepcache-gen export); may be given several "
              "times, each with its --control-image.",
          .takes_folder = true,
          .repeatable = true,
          .in_bench = true,
          .read = [](const OptionValue& value, Request& request) { request.control_nets = all_texts(value); },
          .resolve = resolve_nets,
          .key = "control_net",
          .value =
              [](const Settings& settings) {
                return of_each(settings, [](const ControlNetSettings& net) { return Json(net.net->folder.string()); });
              },
          .is_compared = false,  // what was in the files is what counts
          .label = "control nets",
          .shown = names_and_strengths};
}

// Of the file of each net.
std::optional<Json> net_checksums(const Settings& settings) {
  return of_each(settings, [](const ControlNetSettings& net) { return Json(net.net->file_of(kControlNet).sha256); });
}

std::optional<Json> net_identities(const Settings& settings) {
  return of_each(settings, [](const ControlNetSettings& net) { return Json(identity_of_control_net(*net.net)); });
}

PictureSetting control_net_sha256() {
  return {.key = "control_net_sha256",
          .value = net_checksums,
          .identity_value = net_identities,
          .infotext = "ControlNet",
          .infotext_value = names_and_strengths,
          .batch_key = [](const Settings& settings) { return net_identities(settings).value_or(nullptr); }};
}

PictureSetting control_image() {
  return {.names = "--control-image",
          .placeholder = "FILE",
          .topic = kControlTopic,
          .help =
              "What the net of the same place steers by, such as edges or depths: a picture as the net was trained "
              "on, in the size of what is made or resized to it.",
          .takes_file = true,
          .repeatable = true,
          .in_bench = true,
          .read =
              [](const OptionValue& value, Request& request) {
                request.control_pictures.clear();
                for (const std::string& text : all_texts(value)) {
                  read({value.flag, text}, request.control_pictures.emplace_back());
                }
              },
          .key = "control_image",
          .value =
              [](const Settings& settings) {
                return of_each(settings, [](const ControlNetSettings& net) { return Json(net.picture.file.string()); });
              },
          .is_compared = false};
}

PictureSetting control_image_sha256() {
  return {.key = "control_image_sha256", .value = [](const Settings& settings) {
            return of_each(settings, [](const ControlNetSettings& net) { return Json(net.picture.sha256); });
          }};
}

PictureSetting number_row(PictureSetting row, std::vector<double> Request::*asked, double usual,
                          double ControlNetSettings::*number) {
  row.placeholder = "X";
  row.topic = kControlTopic;
  row.repeatable = row.in_bench = true;
  row.read = [asked](const OptionValue& value, Request& request) { request.*asked = all_numbers(value); };
  row.value = [=](const Settings& settings) { return numbers_unless(usual, number, settings); };
  row.batch_key = [=](const Settings& settings) {
    return of_each(settings, [&](const ControlNetSettings& net) { return Json(net.*number); }).value_or(nullptr);
  };
  return row;
}

PictureSetting control_guess() {
  return {.names = "--control-guess",
          .topic = kControlTopic,
          .help = "Guess mode: the nets steer the half of the guidance with the prompt alone, less at the outer rungs.",
          .in_bench = true,
          .read = read_into(&Request::control_guess),
          .key = "control_guess",
          .value = said_unless(false, &Settings::control_guess),
          .batch_key = equal(&Settings::control_guess)};
}

std::string cache_text(const Settings& settings) {
  return kControlCaches[static_cast<std::size_t>(settings.control_cache)];
}

PictureSetting control_cache() {
  const auto unless = [](std::vector<ControlCache> usual) {
    return [usual = std::move(usual)](const Settings& settings) -> std::optional<Json> {
      const bool is_usual = std::find(usual.begin(), usual.end(), settings.control_cache) != usual.end();
      return is_usual ? std::nullopt : std::optional<Json>(cache_text(settings));
    };
  };
  return {.names = "--control-cache",
          .placeholder = "HOW",
          .topic = kControlTopic,
          .help =
              "What the nets do on cached steps: shallow, they run the outer rungs whose residuals are added; full, "
              "they run wholly, for the same picture; held, what they added on the last full step is added again. "
              "Default: shallow.",
          .in_bench = true,
          .choices = {std::begin(kControlCaches), std::end(kControlCaches)},
          .read = read_into(&Request::control_cache),
          .key = "control_cache",
          .value = unless({ControlCache::shallow}),
          .identity_value = unless({ControlCache::shallow, ControlCache::full}),
          .is_caching = true,
          .batch_key = [](const Settings& settings) { return Json(cache_text(settings)); }};
}

}  // namespace

std::vector<PictureSetting> control_picture_rows() {
  return {control_net(), control_net_sha256(), control_image(), control_image_sha256()};
}

std::vector<PictureSetting> control_rows() {
  using Net = ControlNetSettings;
  return {
      number_row({.names = "--control-strength",
                  .help = "How much a net steers, for each or for all. Default: 1.",
                  .key = "control_strength",
                  .phrase =
                      [](const Settings& settings) {
                        const bool is_steered = !settings.control_nets.empty();
                        return is_steered ? "steered by " + names_and_strengths(settings) : std::string();
                      }},
                 &Request::control_strengths, 1, &Net::strength),
      number_row({.names = "--control-start",
                  .help = "The part of the steps after which a net begins to steer, for each or for all. Default: 0.",
                  .key = "control_start"},
                 &Request::control_starts, 0, &Net::start),
      number_row({.names = "--control-end",
                  .help = "The part of the steps after which it ends, for each or for all. Default: 1.",
                  .key = "control_end"},
                 &Request::control_ends, 1, &Net::end),
      control_guess(), control_cache()};
}

}  // namespace deepcache_gen
