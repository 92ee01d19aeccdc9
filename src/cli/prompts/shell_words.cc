#include "cli/prompts/shell_words.h"

#include <string_view>

#include "support/error.h"

namespace deepcache_gen {
namespace {

class Splitter {
 public:
  explicit Splitter(std::string_view text) : rest_(text) {}

  std::vector<std::string> words() {
    while (!rest_.empty()) {
      const char c = take();
      if (c == ' ' || c == '\t') {
        end_word();
      } else {
        in_word_ = true;
        add(c);
      }
    }
    end_word();
    return words_;
  }

 private:
  char take() {
    const char c = rest_.front();
    rest_.remove_prefix(1);
    return c;
  }

  void add(char c) {
    if (c == '\'' || c == '"') {
      add_quoted(c);
    } else if (c == '\\' && !rest_.empty()) {
      word_ += take();
    } else {
      word_ += c;
    }
  }

  void add_quoted(char quote) {
    while (!rest_.empty()) {
      char c = take();
      if (c == quote) return;
      const bool escapes =
          quote == '"' && c == '\\' && !rest_.empty() && (rest_.front() == '"' || rest_.front() == '\\');
      if (escapes) c = take();
      word_ += c;
    }
    throw UsageError(std::string("a quote ") + quote + " is not closed");
  }

  void end_word() {
    if (in_word_) words_.push_back(word_);
    word_.clear();
    in_word_ = false;
  }

  std::string_view rest_;
  std::string word_;
  bool in_word_ = false;  // '' is a word too
  std::vector<std::string> words_;
};

}  // namespace

std::vector<std::string> split_shell_words(const std::string& text) { return Splitter(text).words(); }

}  // namespace deepcache_gen
