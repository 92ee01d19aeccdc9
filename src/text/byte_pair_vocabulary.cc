#include "text/byte_pair_vocabulary.h"

#include <algorithm>
#include <sstream>

#include "support/error.h"
#include "support/file_content.h"
#include "support/printable.h"
#include "support/utf8.h"
#include "text/byte_symbols.h"

namespace deepcache_gen {
namespace {

// The largest vocabularies that are in use have some 250,000 pieces in less than 5 MB.
constexpr JsonBounds kVocabulary{.values = 2'000'000, .keys = 2'000'000};
constexpr std::size_t kLargestMerges = std::size_t{16} << 20;
// An unknown byte of a prompt is shown as a piece too.
constexpr std::size_t kLongestPiece = 1024;

std::uint64_t merge_key(std::int64_t left, std::int64_t right) {
  return (static_cast<std::uint64_t>(left) << 32) | static_cast<std::uint64_t>(right);
}

[[noreturn]] void fail(const std::filesystem::path& file, std::size_t line, const std::string& problem) {
  throw Error(file.string() + ":" + std::to_string(line) + ": " + problem + "; export the model again");
}

}  // namespace

BytePairVocabulary::BytePairVocabulary(const JsonObject& config, const std::filesystem::path& folder) {
  read_pieces(folder / config.string("vocabulary"));
  read_merges(folder / config.string("merges"));
  find_byte_ids(config.integer_between("unk_id", 0, size() - 1));
}

std::int64_t BytePairVocabulary::byte_id(unsigned char byte, bool ends_word) const {
  return ends_word ? final_bytes_[byte] : inner_bytes_[byte];
}

const BytePairVocabulary::Merge* BytePairVocabulary::find_merge(std::int64_t left, std::int64_t right) const {
  const auto found = merges_.find(merge_key(left, right));
  return found == merges_.end() ? nullptr : &found->second;
}

std::string BytePairVocabulary::bytes(std::int64_t id) const {
  const auto symbols = byte_symbols();
  std::string bytes;
  for (const char32_t symbol : decode_utf8(spelling(id))) {
    const auto byte = std::find(symbols.begin(), symbols.end(), symbol);
    if (byte == symbols.end()) return spelling(id);
    bytes.push_back(static_cast<char>(byte - symbols.begin()));
  }
  return bytes;
}

void BytePairVocabulary::read_pieces(const std::filesystem::path& file) {
  const JsonObject pieces = JsonObject::from_file(file, kVocabulary);
  const std::vector<std::string> names = pieces.field_names();
  spellings_.resize(names.size());
  ids_.reserve(names.size());
  for (const std::string& name : names) {
    const std::int64_t id = pieces.integer_between(name, 0, size() - 1);
    std::string& spelling = spellings_[static_cast<std::size_t>(id)];
    if (name.empty()) throw Error(file.string() + ": has a piece without a spelling; export the model again");
    if (name.size() > kLongestPiece) pieces.fail(name, "is longer than " + std::to_string(kLongestPiece) + " bytes");
    if (!spelling.empty()) {
      pieces.fail(name, "has the id " + std::to_string(id) + " that '" + shortened(spelling) + "' has");
    }
    spelling = name;
    ids_.emplace(name, id);
  }
}

void BytePairVocabulary::read_merges(const std::filesystem::path& file) {
  std::istringstream stream(read_regular_file(file, kLargestMerges));
  std::string line;
  for (std::size_t number = 1; std::getline(stream, line); ++number) {
    if (line.empty() || line.starts_with("#version")) continue;
    const std::size_t space = line.find(' ');
    if (space == std::string::npos) fail(file, number, "expected two pieces with a space between");
    const auto left = ids_.find(line.substr(0, space));
    const auto right = ids_.find(line.substr(space + 1));
    if (left == ids_.end() || right == ids_.end()) fail(file, number, "merges a piece that the vocabulary lacks");
    const auto merged = ids_.find(left->first + right->first);
    if (merged == ids_.end()) fail(file, number, "merges into a piece that the vocabulary lacks");
    merges_.try_emplace(merge_key(left->second, right->second), Merge{merges_.size(), merged->second});
  }
}

void BytePairVocabulary::find_byte_ids(std::int64_t unknown_id) {
  const auto symbols = byte_symbols();
  const auto id_of = [&](const std::string& spelling) {
    const auto found = ids_.find(spelling);
    return found == ids_.end() ? unknown_id : found->second;
  };
  for (std::size_t byte = 0; byte < symbols.size(); ++byte) {
    const std::string symbol = encode_utf8({&symbols[byte], 1});
    inner_bytes_[byte] = id_of(symbol);
    final_bytes_[byte] = id_of(symbol + std::string(kEndOfWord));
  }
}

}  // namespace deepcache_gen
