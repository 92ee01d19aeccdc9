#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "backend/archive/refusal.h"

namespace deepcache_gen {

/// Reads the fields of a file's bytes one after the other. Every function throws `Error` where the bytes end too early.
class ByteReader {
 public:
  /// `what`: what is being read, for messages; it outlives the reader.
  ByteReader(std::span<const std::byte> bytes, const char* what) : bytes_(bytes), what_(what) {}

  std::size_t left() const { return bytes_.size() - position_; }
  std::size_t position() const { return position_; }

  /// A whole number of 1 to 8 bytes, the lowest first.
  std::uint64_t number(std::size_t size) {
    std::uint64_t value = 0;
    const std::string_view digits = text(size);
    for (std::size_t i = size; i-- > 0;) value = value << 8 | static_cast<std::uint8_t>(digits[i]);
    return value;
  }
  std::uint8_t byte() { return static_cast<std::uint8_t>(number(1)); }
  /// The next `size` bytes.
  std::string_view text(std::uint64_t size) {
    if (size > left()) refuse_archive(std::string(what_) + " ends too early");
    const auto* first = reinterpret_cast<const char*>(bytes_.data()) + position_;
    position_ += static_cast<std::size_t>(size);
    return {first, static_cast<std::size_t>(size)};
  }
  void skip(std::uint64_t size) { text(size); }
  /// What comes before the next `end`, which is skipped.
  std::string_view text_before(char end) {
    const std::string_view rest(reinterpret_cast<const char*>(bytes_.data()) + position_, left());
    const std::size_t size = rest.find(end);
    if (size == std::string_view::npos) refuse_archive(std::string(what_) + " ends too early");
    position_ += size + 1;
    return rest.substr(0, size);
  }

 private:
  std::span<const std::byte> bytes_;
  const char* what_;
  std::size_t position_ = 0;
};

}  // namespace deepcache_gen
