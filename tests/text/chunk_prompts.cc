// Reads weighted prompts for the parity tests: {"prompts": [TEXT], "added": [{"spelling": TEXT, "vectors": N}]} from
// standard input, one JSON line for each prompt out: its parts, remarks and chunks, or the error.

#include <exception>
#include <iostream>
#include <nlohmann/json.hpp>

#include "support/error.h"
#include "support/json_object.h"
#include "text/prompt_chunks.h"
#include "text/prompt_tags.h"
#include "text/weighted_prompt.h"

using nlohmann::json;

namespace deepcache_gen {
namespace {

std::vector<AddedToken> added_tokens(const json& added) {
  std::vector<AddedToken> tokens;
  std::int64_t next = kFirstAddedId;
  for (const json& token : added) {
    AddedToken& made = tokens.emplace_back(AddedToken{token["spelling"], {}});
    for (int i = 0; i < token["vectors"]; ++i) made.ids.push_back(next++);
  }
  return tokens;
}

json read(const std::string& prompt, const Tokenizer& tokenizer, AddedTokens added) {
  const PromptTags tags = take_tags(prompt);
  refuse_composition(tags.text);
  const WeightedPrompt weighted = parse_weighted_prompt(tags.text);
  json loras = json::array(), parts = json::array(), chunks = json::array();
  for (const LoraTag& tag : tags.loras) loras.push_back({tag.name, tag.weight});
  for (const std::vector<WeightedText>& part : weighted.parts) {
    json& texts = parts.emplace_back(json::array());
    for (const WeightedText& text : part) texts.push_back({text.text, text.weight});
  }
  for (const PromptChunk& chunk : chunk_prompt(tokenizer, weighted, added)) {
    chunks.push_back({{"ids", chunk.ids}, {"weights", chunk.weights}});
  }
  return {{"loras", loras}, {"parts", parts}, {"remarks", weighted.remarks}, {"chunks", chunks}};
}

void read_lines(const std::filesystem::path& folder) {
  const auto tokenizer = load_tokenizer(JsonObject::from_file(folder / "model.json").object("tokenizer"), folder);
  const json asked = json::parse(std::cin);
  const std::vector<AddedToken> added = added_tokens(asked["added"]);
  for (const std::string prompt : asked["prompts"]) {
    try {
      std::cout << read(prompt, *tokenizer, added) << '\n';
    } catch (const UsageError& error) {
      std::cout << json{{"error", error.what()}} << '\n';
    }
  }
}

}  // namespace
}  // namespace deepcache_gen

int main(int argc, char** argv) {
  if (argc != 2) {
    std::cerr << "usage: chunk_prompts MODEL_FOLDER < PROMPTS.json\n";
    return 2;
  }
  try {
    deepcache_gen::read_lines(argv[1]);
    return 0;
  } catch (const std::exception& error) {
    std::cerr << "chunk_prompts: " << error.what() << '\n';
    return 1;
  }
}
