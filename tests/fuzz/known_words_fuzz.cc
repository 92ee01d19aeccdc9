// A model's words, one a line, and a prompt, with a form feed between.
#include "fuzzing.h"
#include "support/utf8.h"
#include "text/known_words.h"
#include "text/prompt_words.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace deepcache_gen;
  static const FuzzFolder folder;
  const std::vector<std::string> parts = split_input(data, size, 2);
  const std::filesystem::path file = folder.write("words.txt", parts[0]);
  takes([&] {
    const KnownWords words(file);
    for (const std::string& word : prompt_words(parts[1])) {
      require_utf8(word);
      words.has(word);
    }
  });
  return 0;
}
