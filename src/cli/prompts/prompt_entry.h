#pragma once

#include <optional>
#include <string>

#include "cli/options/command_line.h"

namespace deepcache_gen {

/// One prompt of a run: the one of --prompt, or an entry of a list.
struct PromptEntry {
  std::optional<int> item;  ///< number in the whole list, from 0; unset: there is no list
  std::string source;       ///< "prompts.txt:12"; empty: there is no list
  PictureOptions picture;
  bool own_output = false;  ///< the entry names its output itself
};

/// A line of a list that can't be understood.
struct BadLine {
  int item;            ///< number in the whole list, from 0: bad lines are counted too
  std::string source;  ///< "prompts.txt:12"
  std::string problem;
};

}  // namespace deepcache_gen
