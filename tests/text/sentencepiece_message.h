#pragma once

#include <bit>
#include <cstdint>
#include <string>
#include <vector>

namespace deepcache_gen {

enum PieceType : char { kNormal = 1, kUnknown = 2, kControl = 3 };

inline std::string message_number(std::uint64_t number) {
  std::string bytes;
  for (; number >= 0x80; number >>= 7) bytes += static_cast<char>(number | 0x80);
  return bytes + static_cast<char>(number);
}

/// One field, a text or a message, of a serialized protocol buffer message.
inline std::string message_field(std::uint64_t number, const std::string& content) {
  return message_number(number << 3 | 2) + message_number(content.size()) + content;
}

inline std::string little_endian_bytes(std::uint32_t number) {
  std::string bytes;
  for (int shift = 0; shift < 32; shift += 8) bytes += static_cast<char>(number >> shift & 0xFF);
  return bytes;
}

/// ModelProto.pieces of sentencepiece_model.proto: the spelling, a score (higher is likelier) and a type.
inline std::string piece(const std::string& spelling, float score, PieceType type) {
  const std::string score_field = '\x15' + little_endian_bytes(std::bit_cast<std::uint32_t>(score));
  return message_field(1, message_field(1, spelling) + score_field + '\x18' + static_cast<char>(type));
}

/// ModelProto.normalizer_spec with a map of characters: the units of a double array, and the texts that its values are
/// positions in.
inline std::string normalizer(const std::vector<std::uint32_t>& units, const std::string& texts,
                              std::uint64_t number = 3) {
  std::string map = little_endian_bytes(static_cast<std::uint32_t>(4 * units.size()));
  for (const std::uint32_t unit : units) map += little_endian_bytes(unit);
  return message_field(number, message_field(2, map + texts));
}

}  // namespace deepcache_gen
