#include "text/byte_pair_encoding.h"

#include <cstddef>
#include <queue>
#include <tuple>

namespace deepcache_gen {
namespace {

constexpr std::size_t kNone = static_cast<std::size_t>(-1);

// A piece in a doubly linked list; one that was merged into its left neighbour has no id any more.
struct Symbol {
  std::int64_t id;
  std::size_t previous;
  std::size_t next;
};

constexpr std::int64_t kMerged = -1;

struct Candidate {
  std::size_t rank;
  std::size_t position;
  std::int64_t id;

  bool operator>(const Candidate& other) const {
    return std::tie(rank, position) > std::tie(other.rank, other.position);
  }
};

class Word {
 public:
  Word(const BytePairVocabulary& vocabulary, std::string_view bytes) : vocabulary_(vocabulary) {
    symbols_.reserve(bytes.size());
    for (std::size_t i = 0; i < bytes.size(); ++i) {
      const bool last = i + 1 == bytes.size();
      const auto byte = static_cast<unsigned char>(bytes[i]);
      symbols_.push_back({vocabulary.byte_id(byte, last), i == 0 ? kNone : i - 1, last ? kNone : i + 1});
    }
    for (std::size_t i = 0; i < symbols_.size(); ++i) consider(i);
  }

  void merge_all() {
    while (!candidates_.empty()) {
      const Candidate candidate = candidates_.top();
      candidates_.pop();
      const BytePairVocabulary::Merge* merge = merge_at(candidate.position);
      // The neighbours may have changed since the candidate was noted.
      if (merge != nullptr && merge->id == candidate.id) merge_with_next(candidate.position, merge->id);
    }
  }

  void append_to(std::vector<std::int64_t>& ids) const {
    for (std::size_t i = symbols_.empty() ? kNone : 0; i != kNone; i = symbols_[i].next) ids.push_back(symbols_[i].id);
  }

 private:
  const BytePairVocabulary::Merge* merge_at(std::size_t position) const {
    const Symbol& left = symbols_[position];
    if (left.id == kMerged || left.next == kNone) return nullptr;
    return vocabulary_.find_merge(left.id, symbols_[left.next].id);
  }

  void consider(std::size_t position) {
    const BytePairVocabulary::Merge* merge = merge_at(position);
    if (merge != nullptr) candidates_.push({merge->rank, position, merge->id});
  }

  void merge_with_next(std::size_t position, std::int64_t id) {
    Symbol& left = symbols_[position];
    Symbol& right = symbols_[left.next];
    left.id = id;
    left.next = right.next;
    right.id = kMerged;
    if (left.next != kNone) symbols_[left.next].previous = position;
    if (left.previous != kNone) consider(left.previous);
    consider(position);
  }

  const BytePairVocabulary& vocabulary_;
  std::vector<Symbol> symbols_;
  std::priority_queue<Candidate, std::vector<Candidate>, std::greater<>> candidates_;
};

}  // namespace

void append_byte_pairs(const BytePairVocabulary& vocabulary, std::string_view word, std::vector<std::int64_t>& ids) {
  Word merged(vocabulary, word);
  merged.merge_all();
  merged.append_to(ids);
}

}  // namespace deepcache_gen
