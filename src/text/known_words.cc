#include "text/known_words.h"

#include <array>
#include <sstream>
#include <string_view>
#include <vector>

#include "support/error.h"
#include "support/file_content.h"
#include "text/prompt_words.h"

namespace deepcache_gen {
namespace {

constexpr std::array<std::string_view, 2> kPluralEndings{"s", "es"};
// What is left of shorter ones is another word: "toes" is no plural of "to".
constexpr std::size_t kShortestStem = 3;
constexpr std::size_t kLargestWordList = std::size_t{16} << 20;
constexpr std::size_t kLongestWord = 256;

}  // namespace

KnownWords::KnownWords(const std::filesystem::path& file) {
  std::istringstream stream(read_regular_file(file, kLargestWordList));
  std::string line;
  for (std::size_t number = 1; std::getline(stream, line); ++number) {
    if (line.size() > kLongestWord || prompt_words(line) != std::vector<std::string>{line}) {
      throw Error(file.string() + ":" + std::to_string(number) +
                  ": expected one word in lower case; export the model again");
    }
    words_.insert(line);
  }
  if (words_.empty()) throw Error(file.string() + ": has no words; export the model again");
}

bool KnownWords::has(const std::string& word) const {
  if (words_.contains(word)) return true;
  if (word.size() < kShortestStem) return false;
  for (const std::string_view ending : kPluralEndings) {
    if (words_.contains(word + std::string(ending))) return true;
    const bool is_plural = word.ends_with(ending) && word.size() >= kShortestStem + ending.size();
    if (is_plural && words_.contains(word.substr(0, word.size() - ending.size()))) return true;
  }
  return false;
}

}  // namespace deepcache_gen
