// Tokenizer section, a prompt and a SentencePiece model, with form feeds between.
#include "fuzzing.h"
#include "tokenizing.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace deepcache_gen;
  static const FuzzFolder folder;
  const std::vector<std::string> parts = split_input(data, size, 3);
  folder.write("m.model", parts[2]);
  takes([&] { tokenize_by(parts[0], R"({"type": "sentencepiece", "model": "m.model"})", folder.path(), parts[1]); });
  return 0;
}
