#pragma once

#include <optional>
#include <string>

#include "cli/options/command_line.h"
#include "model/model_info.h"

namespace deepcache_gen {

/// How much a help page says: the usual flags, or all of them.
enum class HelpPage { common, all };

/// The page of --help or --help-all for what `action` does, made from `option_table`; lines of at most 80 columns.
/// `model`: whose defaults are shown; unset where none can be read.
std::string help_page(HelpPage page, Action action, const std::optional<ModelInfo>& model);

/// What is said of a flag: its help and where its default comes from.
std::string described_with_default(const struct Option& option, const std::optional<ModelInfo>& model);

}  // namespace deepcache_gen
