#include "cli/options/help_page.h"

#include <sstream>

#include "cli/options/option_table.h"

namespace deepcache_gen {
namespace {

constexpr std::size_t kWidth = 80;
constexpr std::size_t kTextColumn = 30;

constexpr const char* kIntroduction =
    "deepcache-gen makes pictures from text with Stable Diffusion and DeepCache.\n"
    "\n"
    "  deepcache-gen --prompt TEXT [OPTION...]   make pictures; paths go to stdout\n"
    "  deepcache-gen inspect DIR [--json]        say what a model folder is\n";

constexpr const char* kClosing =
    "\n"
    "Exit status: 0 all done, 1 something failed, 2 wrong usage, 130 interrupted.\n"
    "Ctrl-C stops before the next step and keeps what is finished; a second one\n"
    "stops at once.\n";

// "-W, --width PIXELS"
std::string usage(const Option& option) {
  std::string text;
  for (const std::string& name : option.split_names()) text += (text.empty() ? "" : ", ") + name;
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

std::string described(const Option& option) {
  std::string left = "  " + usage(option);
  if (left.size() + 2 > kTextColumn) {
    left += "\n" + std::string(kTextColumn, ' ');
  } else {
    left.resize(kTextColumn, ' ');
  }
  return left + wrapped(option.help);
}

}  // namespace

std::string help_page() {
  std::string page = kIntroduction;
  std::string topic;
  for (const Option& option : option_table()) {
    if (option.topic != topic) page += "\n" + option.topic + "\n";
    topic = option.topic;
    page += described(option);
  }
  return page + kClosing;
}

}  // namespace deepcache_gen
