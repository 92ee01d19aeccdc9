#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

namespace deepcache_gen {

/// What names are for: one prompt with one image or several, or the prompts of a list.
enum class NamesFor { one_image, several_images, list };

/// The file names of a run's images, no two of them the same.
///
/// | --output | one image | several images | a list |
/// |---|---|---|---|
/// | unset | deepcache-gen-SEED.png | the same | deepcache-gen-00000.png, ... |
/// | x.png | x.png | x_000.png, x_001.png, ... | the same |
/// | a pattern: x-%d.png, x-%03d.png (%% is a percent sign) | with the number | the same | the same |
/// | a folder, existing or ending in /, taken literally | DIR/SEED.png | the same | DIR/00000.png, ... |
///
/// x.jpg, x.jpeg and x.webp are named as x.png is. The number counts from 0: the images of a prompt, or the prompts of
/// a list.
class OutputNames {
 public:
  /// Throws `UsageError` for a name that is empty, has a control character, another extension than .png, .jpg,
  /// .jpeg and .webp (in any case) or a `%` that is none of the above.
  OutputNames(const std::optional<std::string>& output, NamesFor what);

  /// The file of that number; `seed` is the image's.
  std::filesystem::path of(int number, std::int64_t seed) const;

 private:
  enum class Number { none, index, seed };

  void read_pattern(const std::string& pattern);
  void number_by_index();

  // A name is prefix_, then the number with at least digits_ digits, then suffix_.
  std::string prefix_, suffix_;
  Number number_ = Number::none;
  int digits_ = 1;
};

/// The file of image `index` where one prompt of a list has several: x.png becomes x_000.png.
std::filesystem::path with_image_number(const std::filesystem::path& file, int index);

}  // namespace deepcache_gen
