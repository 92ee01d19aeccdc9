#include "cli/options/help_page.h"

#include <algorithm>
#include <cctype>
#include <sstream>

#include "cli/options/config_file.h"
#include "cli/options/option_table.h"
#include "cli/options/sampler_list.h"
#include "support/printable.h"

namespace deepcache_gen {
namespace {

constexpr std::size_t kWidth = 80;
constexpr std::size_t kTextColumn = 30;
constexpr std::size_t kMostChoices = 10, kFirstChoices = 5;

constexpr const char* kIntroduction =
    "deepcache-gen makes pictures from text with Stable Diffusion and DeepCache.\n"
    "\n"
    "  deepcache-gen --prompt TEXT [FLAG...]     make pictures; paths go to stdout\n";

constexpr const char* kClosing =
    "\n"
    "Exit status: 0 all done, 1 something failed, 2 wrong usage, 130 interrupted.\n";

// "-W, --width PIXELS"; the short page leaves out all but one short and one long name.
std::string usage(const Option& option, HelpPage page) {
  std::string text;
  for (const std::string& name : option.split_names()) {
    if (page == HelpPage::common && name.starts_with("--") && name != option.long_name()) continue;
    text += (text.empty() ? "" : ", ") + name;
  }
  return text + (option.is_switch() ? "" : " " + option.placeholder);
}

// The words of `text` in lines that start at kTextColumn.
std::string wrapped(const std::string& text) {
  std::istringstream words(text);
  std::string lines, line;
  for (std::string word; words >> word;) {
    if (!line.empty() && kTextColumn + line.size() + 1 + word.size() > kWidth) {
      lines += line + "\n" + std::string(kTextColumn, ' ');
      line.clear();
    }
    line += (line.empty() ? "" : " ") + word;
  }
  return lines + line + "\n";
}

std::string two_columns(const std::string& left, const std::string& right) {
  std::string row = "  " + left;
  if (row.size() + 2 > kTextColumn) {
    row += "\n" + std::string(kTextColumn, ' ');
  } else {
    row.resize(kTextColumn, ' ');
  }
  return row + wrapped(right);
}

std::string first_sentence(const std::string& text) {
  const std::size_t end = std::min(text.find(". "), text.find("; "));
  return end == std::string::npos ? text : text.substr(0, end) + ".";
}

// Of very many words that a flag takes, the first ones.
std::string short_help(const Option& option) {
  if (option.choices.size() <= kMostChoices) return first_sentence(option.help);
  std::string text;
  for (std::size_t i = 0; i < kFirstChoices; ++i) text += (i == 0 ? "" : ", ") + option.choices[i];
  return text + " and " + std::to_string(option.choices.size() - kFirstChoices) + " more.";
}

// A word as it is, anything else in quotes.
std::string shown_value(const Option& option, const std::string& value) {
  if (option.is_switch()) return "on";
  const bool is_word = !value.empty() && value.size() <= 40 &&
                       std::all_of(value.begin(), value.end(), [](unsigned char c) { return std::isgraph(c) != 0; });
  return is_word ? value : quoted(value);
}

// The default where it is not the program's own, which `help` has; else nothing.
std::string default_from(const Option& option, const DefaultSources& sources) {
  const auto& values = sources.configured.values;
  if (const auto set = values.find(option.long_name()); set != values.end())
    return " Default: " + shown_value(option, set->second) + " (from " + shown_path(sources.configured.file) + ").";
  if (!option.model_default || !sources.model) return "";
  return " Default: " + option.model_default(*sources.model) + " (model " + sources.model->name + ").";
}

std::string introduction(Action action) {
  std::string text = kIntroduction;
  for (const Command& command : command_table()) {
    const std::string left = "deepcache-gen " + command.usage();
    const std::string marker = command.action == action ? "> " : "  ";
    text += marker + left + std::string(left.size() < 38 ? 42 - left.size() : 2, ' ') + command.help + "\n";
  }
  return text;
}

}  // namespace

std::string described_with_default(const Option& option, const DefaultSources& sources) {
  const std::string other = printable(default_from(option, sources));
  if (!other.empty()) return option.help.substr(0, option.help.find(" Default")) + other;
  return option.help + (!option.model_default ? "" : " Default: the model's.");
}

std::string help_page(HelpPage page, Action action, const DefaultSources& sources) {
  std::string text = introduction(action);
  std::string topic;
  for (const Option& option : option_table()) {
    if (!option.applies_to(action) || (page == HelpPage::common && !option.common && action == Action::generate))
      continue;
    if (option.topic != topic) text += "\n" + option.topic + "\n";
    topic = option.topic;
    const bool whole = page == HelpPage::all || action != Action::generate;
    text += two_columns(usage(option, page), whole ? described_with_default(option, sources)
                                                   : short_help(option) + default_from(option, sources));
  }
  if (page == HelpPage::all && action == Action::generate) {
    text +=
        "\nSamplers and sigma schedules (deepcache-gen samplers: also in diffusers)\n" + narrow_sampler_list() + "\n";
  }
  if (page == HelpPage::common && action == Action::generate)
    text += "\n--help-all has all flags and their defaults; COMMAND --help those of a command.\n";
  return text + kClosing;
}

}  // namespace deepcache_gen
