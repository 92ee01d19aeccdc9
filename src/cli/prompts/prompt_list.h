#pragma once

#include <string>
#include <vector>

#include "cli/prompts/prompt_entry.h"

namespace deepcache_gen {

/// What a file of prompts holds.
struct PromptList {
  std::vector<PromptEntry> entries;
  std::vector<BadLine> bad_lines;
};

/// Reads all of a prompt file. `defaults`: what a line leaves open. Throws `Error` where the file can't be read
/// or has a line that goes on for 64 MiB,/// `UsageError` where it holds no prompt at all.
PromptList read_prompt_list(const std::string& file, const PictureOptions& defaults);

}  // namespace deepcache_gen
