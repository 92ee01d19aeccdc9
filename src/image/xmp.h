#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace deepcache_gen {

/// What a JPEG's APP1 segment starts with that holds an XMP packet (XMP specification, part 3, 1.1.3).
inline constexpr std::string_view kXmpHead("http://ns.adobe.com/xap/1.0/\0", 29);

/// An XMP packet that holds `settings`, a text of this program in UTF-8, as its property `deepcache-gen:settings`.
std::string xmp_with_settings(const std::string& settings);

/// That property of an XMP packet; nothing where it has none.
std::optional<std::string> xmp_settings(std::string_view xmp);

}  // namespace deepcache_gen
