#include "pipeline/input_picture.h"

#include <cstdint>
#include <span>

#include "image/picture_file.h"
#include "support/error.h"
#include "support/file_content.h"
#include "support/sha256.h"

namespace deepcache_gen {
namespace {

std::span<const std::uint8_t> bytes_of(const std::string& content) {
  return {reinterpret_cast<const std::uint8_t*>(content.data()), content.size()};
}

std::string content_of(const std::filesystem::path& file) {
  try {
    return read_regular_file(file, kLargestPictureFile);
  } catch (const Error& error) {
    throw Error(std::string(error.what()) + "; give a PNG, JPEG or WebP file");
  }
}

}  // namespace

ReadPicture read_input_picture(const std::string& flag, const std::filesystem::path& file) {
  try {
    const std::string content = content_of(file);
    Image image = decode_picture(bytes_of(content), file.string());
    InputPicture facts{file, sha256_of(content), image.width, image.height};
    return {std::move(facts), std::move(image)};
  } catch (const Error& error) {
    throw UsageError(flag, flag + " " + error.what());
  }
}

Image read_again(const InputPicture& picture) {
  const std::string content = read_regular_file(picture.file, kLargestPictureFile);
  if (sha256_of(content) != picture.sha256) {
    throw Error(picture.file.string() +
                ": has changed since the run began; run it again for the picture that is there now");
  }
  return decode_picture(bytes_of(content), picture.file.string());
}

}  // namespace deepcache_gen
