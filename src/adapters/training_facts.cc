#include "adapters/training_facts.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "support/error.h"
#include "support/json_parsing.h"
#include "support/printable.h"

namespace deepcache_gen {
namespace {

using Metadata = std::map<std::string, std::string>;

constexpr std::size_t kLongestFact = 200;  // bytes
constexpr std::size_t kMostWords = 10;     // of those that occur most
constexpr JsonBounds kTagBounds{.values = 1'000'000, .keys = 100'000};

// The first of these that says something.
void add_fact(Facts& facts, const char* name, const Metadata& metadata, std::initializer_list<const char*> keys) {
  for (const char* key : keys) {
    const auto found = metadata.find(key);
    if (found == metadata.end() || found->second.empty() || found->second == "None") continue;
    facts[name] = shortened(found->second, kLongestFact);
    return;
  }
}

// How often each caption stood beside a picture, over all folders of them. Of what is malformed nothing counts.
std::map<std::string, double> tag_counts(const std::string& text) {
  std::map<std::string, double> counts;
  try {
    for (const auto& folder : parse_json<nlohmann::json>(text, kTagBounds)) {
      if (!folder.is_object()) continue;
      for (const auto& [tag, count] : folder.items()) {
        if (count.is_number_unsigned() && !tag.empty()) counts[tag] += count.get<double>();
      }
    }
  } catch (const Error&) {
    return {};
  }
  return counts;
}

Facts most_frequent(const std::map<std::string, double>& counts) {
  std::vector<std::pair<std::string, double>> tags(counts.begin(), counts.end());
  const auto end = tags.begin() + static_cast<std::ptrdiff_t>(std::min(kMostWords, tags.size()));
  std::partial_sort(tags.begin(), end, tags.end(), [](const auto& a, const auto& b) {
    return a.second > b.second || (a.second == b.second && a.first < b.first);
  });
  Facts words = Facts::object();
  for (auto tag = tags.begin(); tag != end; ++tag) {
    words[shortened(tag->first, kLongestFact)] = static_cast<std::uint64_t>(std::min(tag->second, 1e15));
  }
  return words;
}

}  // namespace

Facts training_facts(const Metadata& metadata) {
  Facts facts = Facts::object();
  add_fact(facts, "title", metadata, {"modelspec.title", "ss_output_name"});
  add_fact(facts, "author", metadata, {"modelspec.author"});
  add_fact(facts, "license", metadata, {"modelspec.license"});
  add_fact(facts, "date", metadata, {"modelspec.date"});
  add_fact(facts, "architecture", metadata, {"modelspec.architecture"});
  add_fact(facts, "base_model", metadata, {"ss_base_model_version"});
  add_fact(facts, "trained_on", metadata, {"ss_sd_model_name", "sd_checkpoint_name"});
  add_fact(facts, "resolution", metadata, {"modelspec.resolution", "ss_resolution"});
  add_fact(facts, "prediction_type", metadata, {"modelspec.prediction_type"});
  add_fact(facts, "clip_skip", metadata, {"ss_clip_skip"});
  add_fact(facts, "trigger_phrase", metadata, {"modelspec.trigger_phrase"});
  const auto tags = metadata.find("ss_tag_frequency");
  if (tags != metadata.end()) {
    const Facts words = most_frequent(tag_counts(tags->second));
    if (!words.empty()) facts["trigger_words"] = words;
  }
  // What kohya's trainer and AUTOMATIC1111 know a LoRA by; it is not checked here.
  add_fact(facts, "model_hash", metadata, {"sshs_model_hash"});
  return facts;
}

}  // namespace deepcache_gen
