#pragma once

#include <string_view>

namespace deepcache_gen {

/// Throws `UsageError`, naming the text, where a prompt changes while it is drawn: `[from:to:0.5]`, `[to:0.5]` and
/// `[a|b]`, as the grammar of modules/prompt_parser.py in AUTOMATIC1111's web UI has them. Brackets that are not closed
/// are none.
void refuse_schedules(std::u32string_view prompt);

}  // namespace deepcache_gen
