#pragma once

#include <functional>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "pipeline/request.h"
#include "support/option_value.h"

namespace deepcache_gen {

/// One thing that is asked of a picture, from the flag to the records that say what it was: a row of a table, over
/// which the options, prompt lists, JSON records, PNG texts, `--resume`, batches, `--plan` and comparison pages are
/// loops.
struct PictureSetting {
  template <class Result>
  using Of = std::function<Result(const GenerationSettings&)>;

  // As a flag; see `Option` (cli/options/option_table.h).
  std::string names, placeholder, topic, help;
  bool common = false;
  bool takes_file = false, takes_folder = false;
  bool repeatable = false;            ///< may be given several times: `read` gets all at once (`all_texts`)
  std::vector<std::string> rivals{};  ///< flags that can't stand beside it
  bool in_compare = true, in_bench = false, in_tune = false;  ///< may also be given to these commands
  std::vector<std::string> choices{};
  std::function<std::string(const ModelInfo&)> model_default{};
  std::function<void(const OptionValue&, GenerationRequest&)> read;
  /// Its value for a model: default, checks. Throws `UsageError`. Rows that stand before it are resolved already.
  std::function<void(const GenerationRequest&, const ModelInfo&, GenerationSettings&)> resolve{};

  // In records. A setting that came later than others is not said where it has the value that pictures were made with
  // before: so older records, and older programs, stay right.
  std::string key{};                                  ///< in JSON; empty: not in records
  Of<std::optional<nlohmann::ordered_json>> value{};  ///< nothing: is not said
  Of<std::optional<nlohmann::ordered_json>>
      identity_value{};     ///< the same for all pictures that it makes equal; unset: `value`
  bool is_caching = false;  ///< of how it is computed: differs between the pictures of a comparison
  bool is_compared = true;  ///< false: said, but no reason to make a picture again (`--resume`)

  // In the `parameters` text of a PNG: AUTOMATIC1111's name (empty: not there), its place among those that viewers
  // expect in that order (0: behind them), and its text (unset: that of `value`).
  std::string infotext{};
  int infotext_place = 0;
  Of<std::string> infotext_value{};

  // For people.
  std::string label{};       ///< on a comparison page; empty: not there
  Of<std::string> shown{};   ///< beside the label; unset: that of `value`
  Of<std::string> phrase{};  ///< in the one line of a run's settings; unset or empty: not there

  /// What pictures of one UNet batch must have in common; unset: nothing.
  Of<nlohmann::ordered_json> batch_key{};
};

// What records say of caching that is read together, by keys and flags.
inline constexpr const char* kCachePolicyFlag = "--cache-policy";
inline constexpr const char* kFullCallsKey = "full_calls";
inline constexpr const char* kFullCallsInfotext = "DeepCache full calls";
// What PNG texts have beside settings: the beginning of the SHA-256 of the model's UNet, and what was computed in.
inline constexpr const char *kModelHash = "Model hash", *kDtype = "Dtype";
/// The flags that --cache-policy stands instead of.
std::vector<std::string> caching_flags();

/// Every row, in the order of the records.
std::span<const PictureSetting> picture_settings();

/// What all records say of a picture, by the rows' keys. `seed`: of the one picture.
nlohmann::ordered_json settings_record(const GenerationSettings& settings, std::int64_t seed);
/// The same without caching.
nlohmann::ordered_json uncached_settings_record(const GenerationSettings& settings, std::int64_t seed);
/// The same for what decides what a picture shows: settings that make equal pictures have equal ones.
nlohmann::ordered_json identity_record(const GenerationSettings& settings, std::int64_t seed);

/// `512x512, 20 steps of ddim (discrete), guidance 7.5`: the rows' phrases, caching and seed left out.
std::string settings_phrase(const GenerationSettings& settings);

/// True where pictures of both settings, for the same model, can come out of the same UNet calls.
bool can_share_batch(const GenerationSettings& a, const GenerationSettings& b);

/// True where two records say the same of a model (`ModelIdentity::settings`), as far as both say anything: older
/// records say less. What is said of the scheduler only where it is not as usual is compared all the same.
bool mean_one_model(const nlohmann::json& one, const nlohmann::json& other);

}  // namespace deepcache_gen
