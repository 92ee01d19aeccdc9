#include "cli/options/help_page.h"
#include "cli/options/option_table.h"

namespace deepcache_gen {
namespace {

// A bar would end the cell, a pointed bracket begin a tag.
std::string cell_text(const std::string& text) {
  std::string result;
  for (const char c : text) result += c == '|' ? "\\|" : c == '<' ? "\\<" : std::string(1, c);
  return result;
}

std::string table_row(const std::string& left, const std::string& right) {
  return std::string("| ").append(left).append(" | ").append(cell_text(right)).append(" |\n");
}

std::string table_head(const std::string& topic, const std::string& left) {
  return std::string("\n## ").append(topic).append("\n\n| ").append(left).append(" | what it does |\n|---|---|\n");
}

std::string code(const std::string& text) { return std::string("`").append(text).append("`"); }

std::string cell_of_names(const Option& option) {
  std::string text;
  for (const std::string& name : option.split_names()) text.append(text.empty() ? "" : ", ").append(code(name));
  return option.is_switch() ? text : text.append(" ").append(cell_text(option.placeholder));
}

std::string commands_table() {
  std::string text = table_head("Commands", "command");
  for (const Command& command : command_table()) {
    text += table_row(code(command.usage()), command.help);
  }
  return text;
}

}  // namespace

std::string options_markdown() {
  std::string text = commands_table(), topic;
  for (const Option& option : option_table()) {
    if (option.topic != topic) text += table_head(option.topic, "flag");
    topic = option.topic;
    text += table_row(cell_of_names(option), described_with_default(option, {}));
  }
  return text.substr(1, text.size() - 2);
}

}  // namespace deepcache_gen
