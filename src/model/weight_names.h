#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace deepcache_gen {

/// Leads from the names of the weights in a part's archive ("down.1.resnet.conv1.weight") to those that diffusers and
/// transformers publish them under ("down_blocks.0.resnets.0.conv1.weight"), and back: what a LoRA names its layers by.
/// A prefix of whole words between dots stands for another; of several that fit a name the longest counts.
class WeightNames {
 public:
  /// Of an archive whose names lead nowhere.
  WeightNames() = default;
  /// `prefixes`: the archive's with the published ones that take their place (`weights` of a part, models/README.md).
  explicit WeightNames(const std::map<std::string, std::string>& prefixes);

  /// The published name of a weight or module of the archive; unset where no prefix fits.
  std::optional<std::string> published(std::string_view archived) const;
  /// The archive's name of a published weight or module; unset where it has none.
  std::optional<std::string> archived(std::string_view published) const;

 private:
  using Prefixes = std::map<std::string, std::string, std::less<>>;
  static std::optional<std::string> translated(const Prefixes& prefixes, std::string_view name);

  Prefixes to_published_, to_archived_;
};

}  // namespace deepcache_gen
