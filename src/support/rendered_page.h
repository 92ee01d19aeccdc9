#pragma once

#include <cstdint>
#include <kainjow/mustache.hpp>
#include <span>
#include <string>

namespace deepcache_gen {

/// A page of HTML: the template, which is one of ours, with what `view` says filled in; texts in it are escaped. Throws
/// `Error` where the template is broken.
std::string render_page(std::span<const std::uint8_t> page_template, const kainjow::mustache::object& view);

}  // namespace deepcache_gen
