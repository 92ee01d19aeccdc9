#include "text/tokenizer.h"

#include "support/closest_name.h"
#include "text/clip_tokenizer.h"
#include "text/sentencepiece_tokenizer.h"

namespace deepcache_gen {
namespace {

template <typename Type>
std::unique_ptr<Tokenizer> make(const JsonObject& config, const std::filesystem::path& folder) {
  return std::make_unique<Type>(config, folder);
}

struct TokenizerType {
  const char* name;
  std::unique_ptr<Tokenizer> (*make)(const JsonObject& config, const std::filesystem::path& folder);
};

constexpr TokenizerType kTypes[] = {
    {"clip", make<ClipTokenizer>},
    {"sentencepiece", make<SentencePieceTokenizer>},
};

}  // namespace

std::unique_ptr<Tokenizer> load_tokenizer(const JsonObject& config, const std::filesystem::path& folder) {
  const std::string name = config.string("type");
  std::vector<std::string> known;
  for (const TokenizerType& type : kTypes) {
    if (name == type.name) return type.make(config, folder);
    known.push_back(type.name);
  }
  config.fail("type", unknown_name_message("tokenizer", name, known));
}

}  // namespace deepcache_gen
