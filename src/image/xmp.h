#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace deepcache_gen {

/// An XMP packet that holds `settings`, a text of this program in UTF-8, as its property `deepcache-gen:settings`.
std::string xmp_with_settings(const std::string& settings);

/// That property of an XMP packet; nothing where it has none.
std::optional<std::string> xmp_settings(std::string_view xmp);

}  // namespace deepcache_gen
