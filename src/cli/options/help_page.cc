#include "cli/options/help_page.h"

#include <sstream>

#include "cli/options/command_table.h"
#include "cli/options/option_table.h"

namespace deepcache_gen {
namespace {

constexpr std::size_t kWidth = 80;
constexpr std::size_t kTextColumn = 30;

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

std::string introduction(Action action) {
  std::string text = kIntroduction;
  for (const Command& command : command_table()) {
    const std::string left = "deepcache-gen " + command.name + (command.argument.empty() ? "" : " " + command.argument);
    const std::string marker = command.action == action ? "> " : "  ";
    text += marker + left + std::string(left.size() < 38 ? 42 - left.size() : 2, ' ') + command.help + "\n";
  }
  return text;
}

}  // namespace

std::string described_with_default(const Option& option, const std::optional<ModelInfo>& model) {
  if (option.model_default == nullptr) return option.help;
  if (!model) return option.help + " Default: the model's.";
  return option.help + " Default: " + option.model_default(*model) + " (model " + model->name + ").";
}

std::string help_page(HelpPage page, Action action, const std::optional<ModelInfo>& model) {
  std::string text = introduction(action);
  std::string topic;
  for (const Option& option : option_table()) {
    if (!option.applies_to(action) || (page == HelpPage::common && !option.common && action == Action::generate))
      continue;
    if (option.topic != topic) text += "\n" + option.topic + "\n";
    topic = option.topic;
    const std::string help = described_with_default(option, model);
    text += two_columns(usage(option, page), page == HelpPage::all ? help : first_sentence(help));
  }
  if (page == HelpPage::common)
    text += "\n--help-all has all flags and their defaults; COMMAND --help those of a command.\n";
  return text + kClosing;
}

}  // namespace deepcache_gen
