// Tokenizes for the parity tests: reads a JSON array of prompts from standard input and prints one JSON line for each.

#include <exception>
#include <iostream>
#include <nlohmann/json.hpp>

#include "support/json_object.h"
#include "text/tokenizer.h"

using deepcache_gen::JsonObject;

namespace {

void tokenize_lines(const std::filesystem::path& folder) {
  const JsonObject config = JsonObject::from_file(folder / "model.json").object("tokenizer");
  const auto tokenizer = deepcache_gen::load_tokenizer(config, folder);
  for (const std::string prompt : nlohmann::json::parse(std::cin)) {
    const auto [ids, token_count, truncated_text] = tokenizer->tokenize(prompt, {});
    std::cout << nlohmann::json{{"ids", ids}, {"token_count", token_count}, {"truncated_text", truncated_text}} << '\n';
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::cerr << "usage: tokenize_lines MODEL_FOLDER < PROMPTS.json\n";
    return 2;
  }
  try {
    tokenize_lines(argv[1]);
    return 0;
  } catch (const std::exception& error) {
    std::cerr << "tokenize_lines: " << error.what() << '\n';
    return 1;
  }
}
