#pragma once

#include <filesystem>
#include <string>
#include <unordered_set>

namespace deepcache_gen {

/// The words that a model with a small world was trained on.
class KnownWords {
 public:
  /// Reads a file with one word a line, as `prompt_words` writes it. Throws `Error` naming the line that is anything
  /// else, or the file where it holds none or can't be read.
  explicit KnownWords(const std::filesystem::path& file);

  /// Whether a word of `prompt_words` is among them, or its plural or singular by "s" or "es".
  bool has(const std::string& word) const;

 private:
  std::unordered_set<std::string> words_;
};

}  // namespace deepcache_gen
