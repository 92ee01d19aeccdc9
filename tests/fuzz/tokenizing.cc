#include "tokenizing.h"

#include "fuzzing.h"
#include "support/json_object.h"
#include "support/json_parsing.h"
#include "text/tokenizer.h"

namespace deepcache_gen {

void tokenize_by(const std::string& section, const std::string& files, const std::string& folder,
                 const std::string& prompt) {
  nlohmann::json json = parse_json<nlohmann::json>(section);
  if (!json.is_object()) json = nlohmann::json::object();
  json.update(nlohmann::json::parse(files));
  const JsonObject config(json, "tokenizer");
  // As model_info.cc does before.
  const auto length = static_cast<std::size_t>(config.integer_between("max_length", 2, 1 << 16));
  const TokenizedPrompt tokens = load_tokenizer(config, folder)->tokenize(prompt, {});
  require(tokens.ids.size() == length, "as many ids as the encoder takes");
  for (const std::int64_t id : tokens.ids) require(id >= 0, "ids are in the vocabulary");
}

}  // namespace deepcache_gen
