#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace deepcache_gen {

/// A LoRA that a prompt asks for: `<lora:NAME:WEIGHT>`.
struct LoraTag {
  std::string name;   ///< of a file, without its folder and ending
  double weight = 1;  ///< finite
};

/// A prompt without its tags.
struct PromptTags {
  std::string text;
  std::vector<LoraTag> loras;  ///< in their order; a name may come again
};

/// Takes the tags out of a prompt in the grammar of AUTOMATIC1111's `extra_networks`: `<lora:NAME>` (weight 1),
/// `<lora:NAME:WEIGHT>` and `<lyco:...>`, which is the same there; what stands around them is left as it is. Throws
/// `UsageError` for a weight that is no number, one of its own for the UNet, and other kinds of tags, such as
/// `<hypernet:...>`.
PromptTags take_tags(std::string_view prompt);

/// The first tag in the text as it is written; empty where it has none. Whether it can be read is not looked at.
std::string_view first_tag(std::string_view prompt);

}  // namespace deepcache_gen
