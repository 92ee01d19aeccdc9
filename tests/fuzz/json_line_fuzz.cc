// One line of a JSONL prompt list.
#include "cli/prompts/prompt_lines.h"
#include "fuzzing.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace deepcache_gen;
  PromptLines("list", {}, ListFormat::json_lines).read(as_text(data, size));
  return 0;
}

extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size, std::size_t max_size,
                                               unsigned int seed) {
  return deepcache_gen::mutate_json(data, size, max_size, seed);
}
