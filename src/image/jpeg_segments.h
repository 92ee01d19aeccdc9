#pragma once

#include <string_view>

namespace deepcache_gen {

// What APP1 segments of a JPEG start with: of an EXIF block (EXIF 2.32, 4.7.2), of an XMP packet (XMP specification,
// part 3, 1.1.3).
inline constexpr std::string_view kExifHead("Exif\0\0", 6);
inline constexpr std::string_view kXmpHead("http://ns.adobe.com/xap/1.0/\0", 29);

}  // namespace deepcache_gen
