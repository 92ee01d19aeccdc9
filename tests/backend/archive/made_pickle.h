#pragma once

#include <cstdint>
#include <string>

namespace deepcache_gen {

// What the operations of a pickle are written with.

/// A text of less than 128 characters.
inline std::string pickled_text(const std::string& text) {
  return std::string("X") + std::string{static_cast<char>(text.size()), 0, 0, 0} + text;
}

/// Any whole number.
inline std::string pickled_number(std::int64_t value) {
  std::string bytes = "\x8a\x08";
  for (int i = 0; i < 8; ++i) bytes.push_back(static_cast<char>(value >> 8 * i & 0xff));
  return bytes;
}

/// An object of the class "__torch__.blocks.NAME"; `attributes`: texts and values in turns.
inline std::string pickled_object(const std::string& name, const std::string& attributes) {
  return "c__torch__.blocks\n" + name + "\n)\x81}(" + attributes + "ub";
}

/// A whole pickle.
inline std::string pickle(const std::string& operations) { return "\x80\x02" + operations + "."; }

}  // namespace deepcache_gen
