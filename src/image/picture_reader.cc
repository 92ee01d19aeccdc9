#include "image/picture_reader.h"

#include "support/error.h"
#include "support/printable.h"

namespace deepcache_gen {
namespace {

std::string shown(const std::string& name) { return printable(name); }

}  // namespace

void require_bounded_size(PictureSize size, const std::string& name) {
  const bool is_long = size.width > kLongestSide || size.height > kLongestSide;
  const bool is_large = static_cast<std::int64_t>(size.width) * size.height > kMostPixels;
  if (size.width > 0 && size.height > 0 && !is_long && !is_large) return;
  throw Error(shown(name) + ": has " + std::to_string(size.width) + "x" + std::to_string(size.height) +
              " pixels; pictures of at most " + std::to_string(kLongestSide) + " on a side and " +
              std::to_string(kMostPixels >> 20) + " million in all are read; make it smaller");
}

void fail_cut_short(const std::string& name) {
  throw Error(shown(name) + ": is cut short: the file ends before the picture does; get the whole file");
}

void fail_damaged(const std::string& name, std::string_view reason) {
  throw Error(shown(name) + ": is damaged, or no picture that can be read (" + printable(reason) +
              "); save it anew as PNG");
}

}  // namespace deepcache_gen
