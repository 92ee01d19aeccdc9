#pragma once

#include <optional>
#include <string>

#include "cli/options/command_line.h"
#include "model/model_info.h"

namespace deepcache_gen {

/// How much a help page says: the usual flags, or all of them.
enum class HelpPage { common, all };

/// Where defaults come from that are not the program's own.
struct DefaultSources {
  std::optional<ModelInfo> model;  ///< unset where none can be read
  ConfiguredFlags configured;      ///< win over the model's
};

/// The page of --help or --help-all for what `action` does, made from `option_table`; lines of at most 80 columns.
std::string help_page(HelpPage page, Action action, const DefaultSources& sources);

/// What is said of a flag: its help, its default and where that comes from.
std::string described_with_default(const struct Option& option, const DefaultSources& sources);

/// The commands and all flags as Markdown: a table for each topic, made from the same two; no newline at the end.
std::string options_markdown();

/// The manual page, section 1, in the macros of man(7); made from `option_table` and `command_table`.
std::string manual_page();

}  // namespace deepcache_gen
