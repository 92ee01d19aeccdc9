#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

namespace deepcache_gen {

/// The file names of a run's images, no two of them the same.
///
/// | --output | 1 image | several images |
/// |---|---|---|
/// | unset | deepcache-gen-SEED.png | the same |
/// | x.png | x.png | x_000.png, x_001.png, ... |
/// | a pattern: x-%d.png, x-%03d.png (%% is a percent sign) | the number is the image's index from 0 | the same |
/// | a folder, existing or ending in /, taken literally | DIR/SEED.png | the same |
class OutputNames {
 public:
  /// Throws `UsageError` for a name that is empty, has another extension than .png or a `%` that is none of the above.
  OutputNames(const std::optional<std::string>& output, int image_count);

  /// The file of image `index` (from 0), which was made with `seed`.
  std::filesystem::path of(int index, std::int64_t seed) const;

 private:
  enum class Number { none, index, seed };

  void read_pattern(const std::string& pattern);
  void number_by_index();

  // A name is prefix_, then the number with at least digits_ digits, then suffix_.
  std::string prefix_, suffix_;
  Number number_ = Number::none;
  int digits_ = 1;
};

}  // namespace deepcache_gen
