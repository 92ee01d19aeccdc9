#include "text/sentencepiece_file.h"

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "support/error.h"
#include "support/file_content.h"

namespace deepcache_gen {
namespace {

// Those that are in use have up to 5 MB and 260,000 pieces.
constexpr std::size_t kLargestSentencePiece = std::size_t{16} << 20;
constexpr std::size_t kMostPieces = 2'000'000;
// Of what stands for a character of the prompt.
constexpr std::size_t kLongestText = 256;

// Numbers of the fields of sentencepiece_model.proto that matter here.
enum ModelField { kPieces = 1, kTrainerSpec = 2, kNormalizerSpec = 3, kDenormalizerSpec = 5 };
constexpr std::uint64_t kPrecompiledCharsmap = 2;  // of a normalizer
constexpr std::uint64_t kUnkSurface = 44;          // of the trainer

void require_sound(bool condition) {
  if (!condition) throw Error("is damaged");
}

// A serialized protocol buffer message, field by field ("Encoding" of its documentation). Groups are not read: proto2
// has them, this message has not.
class Fields {
 public:
  explicit Fields(std::string_view message) : rest_(message) {}

  struct Field {
    std::uint64_t number;
    std::string_view content;  ///< empty where it is a number
  };

  std::optional<Field> next() {
    if (rest_.empty()) return {};
    const std::uint64_t tag = take_number();
    require_sound(tag <= UINT32_MAX);  // of more the library takes the lower bits, which may be another field's
    return Field{tag >> 3, take_content(tag & 7)};
  }

 private:
  std::string_view take(std::uint64_t size) {
    require_sound(size <= rest_.size());
    const std::string_view bytes = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return bytes;
  }

  std::uint64_t take_number() {
    std::uint64_t number = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      const auto byte = static_cast<unsigned char>(take(1).front());
      number |= std::uint64_t{byte & 0x7Fu} << shift;
      if (byte < 0x80) return number;
    }
    throw Error("is damaged");
  }

  std::string_view take_content(std::uint64_t wire_type) {
    switch (wire_type) {
      case 0:
        take_number();
        return {};
      case 1:
        take(8);
        return {};
      case 2:
        return take(take_number());
      case 5:
        take(4);
        return {};
      default:
        throw Error("is damaged");
    }
  }

  std::string_view rest_;
};

std::uint32_t little_endian(std::string_view bytes) {
  std::uint32_t number = 0;
  for (std::size_t i = 4; i-- > 0;) number = number << 8 | static_cast<unsigned char>(bytes[i]);
  return number;
}

// A unit of a double array (Yata's Darts-clone): where its children lie, and whether it has a value.
struct Unit {
  std::uint32_t bits;

  bool is_value() const { return (bits >> 31) != 0; }
  bool has_value() const { return (bits >> 8 & 1) != 0; }
  std::uint32_t value() const { return bits & 0x7FFFFFFF; }
  std::uint32_t offset() const { return (bits >> 10) << ((bits & (1u << 9)) >> 6); }
};

std::vector<Unit> units_of(std::string_view bytes) {
  std::vector<Unit> units;
  units.reserve(bytes.size() / 4);
  for (; bytes.size() >= 4; bytes.remove_prefix(4)) units.push_back({little_endian(bytes)});
  return units;
}

void check_text(std::string_view texts, std::uint32_t begin) {
  require_sound(begin < texts.size());
  if (texts.find('\0', begin) - begin > kLongestText) {
    throw Error("has a character that becomes a text of more than " + std::to_string(kLongestText) + " bytes");
  }
}

// The size of the trie in bytes, the trie, and the texts that its values are positions in, each ended by zero. A node's
// child for a byte lies at the node's position XOR its offset XOR the byte, which is looked at before it is known to be
// one; its value at the first two.
void check_character_map(std::string_view map) {
  if (map.empty()) return;
  require_sound(map.size() > 4 && little_endian(map) < map.size() - 4 && map.back() == '\0');
  const std::vector<Unit> units = units_of(map.substr(4, little_endian(map)));
  const std::string_view texts = map.substr(4 + little_endian(map));
  require_sound(!units.empty());
  for (std::uint32_t i = 0; i < units.size(); ++i) {
    if (i > 0 && units[i].is_value()) continue;
    const std::uint32_t children = i ^ units[i].offset();
    require_sound((children | 0xFF) < units.size());
    if (units[i].has_value()) check_text(texts, units[children].value());
  }
}

// A field that stands there twice counts both times: what the library makes of that need not be known.
void check_part(std::string_view message, std::uint64_t number, void (*check)(std::string_view)) {
  Fields fields(message);
  while (const auto field = fields.next()) {
    if (field->number == number) check(field->content);
  }
}

void check_unknown(std::string_view text) {
  if (text.size() > kLongestText) {
    throw Error("shows what it does not know as more than " + std::to_string(kLongestText) + " bytes");
  }
}

void check_model(std::string_view model) {
  std::size_t pieces = 0;
  Fields fields(model);
  while (const auto field = fields.next()) {
    if (field->number == kPieces && ++pieces > kMostPieces) {
      throw Error("has more than " + std::to_string(kMostPieces) + " pieces");
    }
    if (field->number == kTrainerSpec) check_part(field->content, kUnkSurface, check_unknown);
    if (field->number == kNormalizerSpec || field->number == kDenormalizerSpec) {
      check_part(field->content, kPrecompiledCharsmap, check_character_map);
    }
  }
}

}  // namespace

std::string read_sentencepiece_file(const std::filesystem::path& file) {
  std::string model = read_regular_file(file, kLargestSentencePiece);
  try {
    check_model(model);
  } catch (const Error& error) {
    throw Error(file.string() + ": cannot be read as a SentencePiece model; export the model again (" + error.what() +
                ")");
  }
  return model;
}

}  // namespace deepcache_gen
