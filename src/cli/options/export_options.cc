#include <map>

#include "cli/options/option_rows.h"

namespace deepcache_gen {
namespace {

const std::map<std::string, std::string>& exporters_dtypes() {
  static const std::map<std::string, std::string> words{{"fp32", "float32"}, {"fp16", "float16"}, {"bf16", "bfloat16"}};
  return words;
}

// In one word with its value, which may begin with a hyphen.
Store to_exporter() {
  return [](CommandLine& line, const OptionValue& value) {
    std::string text;
    if (!value.text.empty()) read(value, text);
    line.exporting.flags.push_back(text.empty() ? value.flag : value.flag + "=" + text);
  };
}

Store to_dtype() {
  return [](CommandLine& line, const OptionValue& value) {
    for (const auto& [ours, theirs] : exporters_dtypes()) {
      if (value.text == ours || value.text == theirs) return to_exporter()(line, {value.flag, theirs});
    }
    reject(value, "expected fp32, fp16 or bf16");
  };
}

}  // namespace

// As scripts/exporter/command_line.py has them, whose parser looks at the values; a test compares the names.
void add_export_options(std::vector<Option>& table) {
  Topic topic(table, kExportTopic, {Action::export_model});
  topic.add("--dtype", "NAME", "Type of the stored weights: fp32, fp16 or bf16. Default: fp32.", to_dtype())
      .one_of({"fp32", "fp16", "bf16"});
  topic.add("--overwrite", "", "Replace an earlier export of that name.", to_exporter());
  topic.add("--config", "MODEL",
            "Diffusers folder or hub id with a single file's settings and tokenizers. Default: those of the published "
            "model that it is shaped as.",
            to_exporter());
  topic
      .add("--tokenizer", "DIR",
           "Folder with vocab.json and merges.txt, or tokenizer.json, for a single file. Default: CLIP's.",
           to_exporter())
      .takes(Takes::folder);
  topic
      .add("--prediction-type", "NAME",
           "What a single file's UNet predicts: epsilon or v_prediction. Default: what the file says, and of SD 2.1 "
           "what its UNet answers.",
           to_exporter())
      .one_of({"epsilon", "v_prediction"});
  topic.add("--sampler,--sampling-method", "NAME", "The model's usual sampler, instead of the source's scheduler.",
            to_exporter());
  topic
      .add("--defaults", "FILE", "JSON file with settings that the model recommends (models/README.md).", to_exporter())
      .takes(Takes::file);
  topic.add("--no-verify", "",
            "Leave out the comparison with diffusers, which takes most of the time: for throw-away models.",
            to_exporter());
}

}  // namespace deepcache_gen
