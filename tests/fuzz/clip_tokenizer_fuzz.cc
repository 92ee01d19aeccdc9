// Tokenizer section, vocab.json, merges.txt and a prompt, with form feeds between.
#include "fuzzing.h"
#include "tokenizing.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace deepcache_gen;
  static const FuzzFolder folder;
  const std::vector<std::string> parts = split_input(data, size, 4);
  folder.write("vocab.json", parts[1]);
  folder.write("merges.txt", parts[2]);
  takes([&] {
    tokenize_by(parts[0], R"({"type": "clip", "vocabulary": "vocab.json", "merges": "merges.txt"})", folder.path(),
                parts[3]);
  });
  return 0;
}
