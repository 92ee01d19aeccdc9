#include <algorithm>

#include "cli/options/option_rows.h"
#include "pipeline/picture_settings.h"

namespace deepcache_gen {
namespace {

using Line = CommandLine;

Actions actions_of(const PictureSetting& setting) {
  Actions actions = kMaking;
  if (setting.in_compare) actions.push_back(Action::compare);
  if (setting.in_bench) actions.push_back(Action::bench);
  if (setting.in_tune) actions.push_back(Action::tune);
  return actions;
}

// In the order of their first rows; rows of one topic need not stand together, since each looks at those before it.
std::vector<std::string> topics_of_settings() {
  std::vector<std::string> topics;
  for (const PictureSetting& setting : picture_settings()) {
    const bool is_new = std::find(topics.begin(), topics.end(), setting.topic) == topics.end();
    if (!setting.names.empty() && is_new) topics.push_back(setting.topic);
  }
  return topics;
}

void add_settings(std::vector<Option>& table, const std::string& topic) {
  for (const PictureSetting& setting : picture_settings()) {
    if (setting.names.empty() || setting.topic != topic) continue;
    Topic row(table, setting.topic, actions_of(setting));
    row.add(setting.names, setting.placeholder, setting.help,
            [&setting](CommandLine& line, const OptionValue& value) { setting.read(value, line.picture.request); })
        .per_picture()
        .one_of(setting.choices)
        .of_model(setting.model_default)
        .common(setting.common)
        .repeatable(setting.repeatable)
        .not_with(setting.rivals)
        .takes(setting.takes_file     ? Takes::file
               : setting.takes_folder ? Takes::folder
                                      : Takes::text);
  }
}

void add_prompt_list(std::vector<Option>& table) {
  Topic topic(table, "Many prompts", kMaking);
  topic
      .add(
          "--prompts", "FILE",
          "One prompt a line, with flags after it; a red barn --seed 7 -n \"people\", say, or JSON lines with the long "
          "names as keys; - is stdin, where a prompt is made as soon as its line is there.",
          to(&Line::prompts, &PromptListOptions::file))
      .common()
      .takes(Takes::file);
  topic.add("--skip-bad-lines", "", "Make the other prompts of a file in which some lines are wrong.",
            to(&Line::prompts, &PromptListOptions::skip_bad_lines));
  topic.add("--shard", "I/N", "Make only every N-th prompt of the list, from the I-th on; for several machines.",
            to(&Line::prompts, &PromptListOptions::shard));
  topic.add("--batch-size", "N",
            "Most images in one UNet call; prompts that agree in size, steps, sampler and caching share one. Default: "
            "as many as memory allows, at most 8.",
            to(&Line::execution, &ExecutionOptions::batch_size));
}

}  // namespace

void add_picture_options(std::vector<Option>& table) {
  const std::vector<std::string> topics = topics_of_settings();
  add_settings(table, topics.front());
  Topic(table, topics.front(), kMaking)
      .add(
          "--from-image", "FILE",
          "Make a picture again from what its file says: this program's settings, or AUTOMATIC1111's text. Other flags "
          "win over it, and it wins over the configuration file.",
          to(&Line::from_image))
      .takes(Takes::file);
  add_prompt_list(table);
  for (std::size_t i = 1; i < topics.size(); ++i) add_settings(table, topics[i]);
}

}  // namespace deepcache_gen
