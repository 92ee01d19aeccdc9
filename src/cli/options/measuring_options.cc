#include <algorithm>

#include "cli/options/option_rows.h"
#include "pipeline/picture_settings.h"

namespace deepcache_gen {
namespace {

using Line = CommandLine;

// Of which compare takes several, and where they go.
struct ComparedList {
  const char* key;
  std::vector<std::string> CompareOptions::*field;
  const char* help;
};

constexpr ComparedList kComparedLists[]{
    {"sampler", &CompareOptions::samplers, "Samplers to compare, as euler,dpm++2m (see samplers)."},
    {"scheduler", &CompareOptions::sigma_schedules,
     "Sigma schedules to compare, each with every sampler, as discrete,karras (see samplers)."},
};

const ComparedList* compared_list(const PictureSetting& setting) {
  const auto* const found = std::find_if(std::begin(kComparedLists), std::end(kComparedLists),
                                         [&](const ComparedList& list) { return list.key == setting.key; });
  return found == std::end(kComparedLists) ? nullptr : found;
}

void add_compared_lists(Topic& topic) {
  for (const PictureSetting& setting : picture_settings()) {
    const ComparedList* list = compared_list(setting);
    if (list == nullptr) continue;
    topic.add(setting.names, "LIST", list->help, to(&Line::compare, list->field))
        .one_of(setting.choices)
        .of_model(setting.model_default);
  }
}

// An empty one is none, which is said.
std::vector<AskedPolicy> policies_of(const OptionValue& value) {
  std::vector<AskedPolicy> policies{{value.text, read_cache_policy(value.flag, value.text)}};
  for (const std::string& text : value.further) policies.push_back({text, read_cache_policy(value.flag, text)});
  return policies;
}

void store_policies(Line& line, const OptionValue& value) {
  line.compare.policies.clear();
  for (AskedPolicy& policy : policies_of(value)) line.compare.policies.push_back(std::move(policy.request));
}

void store_settings(Line& line, const OptionValue& value) { line.bench.policies = policies_of(value); }

void add_compare(std::vector<Option>& table) {
  Topic topic(table, "Comparison (compare)", {Action::compare});
  add_compared_lists(topic);
  topic.add("--interval,--cache-interval", "LIST", "Intervals to compare with no caching. Default: 3,5.",
            to(&Line::compare, &CompareOptions::intervals));
  topic.add("--branch,--cache-branch-id", "LIST", "Branches to try with every interval. Default: 0,1.",
            to(&Line::compare, &CompareOptions::branches));
  topic
      .add(kCachePolicyFlag, "SPEC",
           "A cache policy to compare, as without compare; may be given several times. Without --interval and --branch "
           "there are only these.",
           store_policies)
      .repeatable(true);
  topic.add("--steps-baseline", "",
            "For each also fewer plain steps that cost as much: as the sampler spaces them, and on the curve "
            "(--timesteps-curve).",
            to(&Line::compare, &CompareOptions::steps_baseline));
  topic
      .add("-o,--output", "DIR", "Folder for the pictures and contact-sheet.png. Default: comparison.",
           to(&Line::picture, &PictureRequest::output))
      .takes(Takes::folder);
  topic
      .add("--report", "DIR", "Also write DIR/index.html: one page with pictures, slider, table and chart.",
           to(&Line::compare, &CompareOptions::report))
      .takes(Takes::folder);
}

void add_bench(std::vector<Option>& table) {
  Topic topic(table, "Measurement (bench)", {Action::bench});
  topic.add("--size", "LIST", "Sides of square pictures in pixels, as 512,768.", to(&Line::bench, &BenchOptions::sizes))
      .of_model([](const ModelInfo& model) { return text_of(model.default_width); });
  topic.add("--batch", "LIST", "Images in a UNet call, as 8,4,1. Default: 1.",
            to(&Line::bench, &BenchOptions::batches));
  topic.add("--settings", "LIST", "Cache settings as INTERVAL/BRANCH. Default: original,3/0,5/0,5/1.",
            to(&Line::bench, &BenchOptions::settings));
  topic
      .add("--setting", "SPEC", "A cache policy, as --cache-policy takes it; may be given several times.",
           store_settings)
      .repeatable(true);
  topic.add("--rounds", "N", "How often each setting is measured, in turns. Default: 3.",
            to(&Line::bench, &BenchOptions::rounds));
  topic.add("--format", "NAME", "markdown, json or csv. Default: markdown.", to(&Line::bench, &BenchOptions::format))
      .one_of({"markdown", "json", "csv"});
}

void add_tune(std::vector<Option>& table) {
  Topic topic(table, "Tuning (tune)", {Action::tune});
  topic
      .add("--prompts", "FILE",
           "Prompts to measure and check with, as pictures are made of them. Default: some of all kinds.",
           to(&Line::prompts, &PromptListOptions::file))
      .takes(Takes::file);
  topic.add("--pictures", "N",
            "Pictures to measure on; half as many others are made to check what was found. Default: 4.",
            to(&Line::tune, &TuneOptions::pictures));
  topic.add("--branches", "LIST", "Branches of cached steps to try. Default: 0,1,2,3.",
            to(&Line::tune, &TuneOptions::branches));
  topic
      .add("-o,--output", "FILE",
           "Where to write what was found. Default: tuned.json beside the model, where --cache-policy looks for it, or "
           "in $XDG_DATA_HOME/deepcache-gen/tuned where that can't be written.",
           to(&Line::tune, &TuneOptions::output))
      .takes(Takes::file);
  topic
      .add("--report", "DIR", "Also write DIR/index.html: one page with table and charts.",
           to(&Line::tune, &TuneOptions::report))
      .takes(Takes::folder);
}

}  // namespace

void add_measuring_options(std::vector<Option>& table) {
  add_compare(table);
  add_bench(table);
  add_tune(table);
}

}  // namespace deepcache_gen
