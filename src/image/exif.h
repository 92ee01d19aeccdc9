#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "image/image.h"
#include "image/picture_file.h"

namespace deepcache_gen {

/// How a picture is stored, as EXIF counts it (tag 0x0112): 1 is upright, 2 mirrored left to right, 3 turned by 180
/// degrees, 4 mirrored top to bottom, 5 to 8 have width and height exchanged.
using Orientation = int;

/// The orientation that an EXIF block (a TIFF file) or, where it says nothing of it, an XMP packet tells, as Pillow
/// reads them; 1 where neither does, or says anything else than 1 to 8.
Orientation orientation_of(std::string_view exif, std::string_view xmp);

/// The size, and the pixels, once upright.
PictureSize upright(PictureSize size, Orientation orientation);
Image upright(Image image, Orientation orientation);

/// An EXIF block that holds `text` (UTF-8) as UserComment, as AUTOMATIC1111 writes it by piexif: big-endian, `UNICODE`
/// and UTF-16. What is no UTF-8 becomes U+FFFD.
std::string exif_with_comment(const std::string& text);

/// The UserComment of an EXIF block in UTF-8: UNICODE (UTF-16 in the byte order that gives text: programs differ) or
/// ASCII. Nothing where there is none.
std::optional<std::string> exif_comment(std::string_view exif);

}  // namespace deepcache_gen
