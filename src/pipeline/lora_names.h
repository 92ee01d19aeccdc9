#pragma once

#include <filesystem>
#include <optional>
#include <string>

namespace deepcache_gen {

/// A LoRA that a flag or a prompt names, and how much of it is added.
struct NamedLora {
  std::string name;
  double weight = 1;
};

/// Reads `NAME:WEIGHT`, or `NAME` for a weight of 1: the weight stands behind the last colon, if that is a number
/// there.
NamedLora read_named_lora(const std::string& text);

/// The file that a name means: one in `folder` or in a folder below, by its path there or its name, each with or
/// without its extension .safetensors. Throws `UsageError` about `flag` that begins with `what` for a name that leads
/// out of the folder or holds control characters, one that no file or more than one has, and a folder that can't be
/// read.
std::filesystem::path find_lora(const std::string& flag, const std::string& what, const std::string& name,
                                const std::filesystem::path& folder);

}  // namespace deepcache_gen
