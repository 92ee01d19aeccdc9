#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "image/image.h"
#include "image/picture_file.h"

namespace deepcache_gen {

using PictureBytes = std::span<const std::uint8_t>;

/// An encoded picture whose head has been read. Functions throw `Error` with `name` where its file is cut short or
/// damaged.
class PictureReader {
 public:
  virtual ~PictureReader() = default;

  /// As stored, which may not be upright; within the bounds of `picture_file.h`.
  virtual PictureSize size() const = 0;
  /// Before the pixels are read: the EXIF block (a TIFF file, without what containers put before it) and the XMP
  /// packet; empty: there is none.
  virtual std::string exif() const = 0;
  virtual std::string xmp() const = 0;
  /// The pixels as stored. Once.
  virtual Image read_pixels() = 0;
};

/// Reads the head of a file of that format; `bytes` must outlive the reader. Throws `Error` with `name`.
std::unique_ptr<PictureReader> read_png(PictureBytes bytes, const std::string& name);
std::unique_ptr<PictureReader> read_jpeg(PictureBytes bytes, const std::string& name);
std::unique_ptr<PictureReader> read_webp(PictureBytes bytes, const std::string& name);

/// Throws `Error` with `name` where a picture of that size is too large, or empty.
void require_bounded_size(PictureSize size, const std::string& name);

/// Throws the `Error`s of a file that has fewer bytes than it says, and of one that its library refuses for `reason`.
[[noreturn]] void fail_cut_short(const std::string& name);
[[noreturn]] void fail_damaged(const std::string& name, std::string_view reason);

}  // namespace deepcache_gen
