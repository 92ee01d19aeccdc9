#pragma once

#include <filesystem>
#include <string>

#include "image/image.h"

namespace deepcache_gen {

/// A picture that a request begins with or is masked by, as its file was when the request was planned.
struct InputPicture {
  std::filesystem::path file;
  std::string sha256;         ///< of the file
  int width = 0, height = 0;  ///< pixels, upright
  bool operator==(const InputPicture&) const = default;
};

/// A picture and what is known of its file.
struct ReadPicture {
  InputPicture facts;
  Image image;
};

/// Reads the picture that `flag` names, all of it, so that what is wrong with it shows before anything is made. Throws
/// `UsageError` naming the flag and the file.
ReadPicture read_input_picture(const std::string& flag, const std::filesystem::path& file);

/// Reads it again when it is needed: pictures of a whole list are not kept. Throws `Error` where the file has changed.
Image read_again(const InputPicture& picture);

}  // namespace deepcache_gen
