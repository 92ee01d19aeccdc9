#include "pipeline/unknown_words.h"

#include "support/utf8.h"
#include "text/added_token_matches.h"
#include "text/prompt_tags.h"
#include "text/prompt_words.h"
#include "text/weighted_prompt.h"

namespace deepcache_gen {
namespace {

// What the text encoders read of a prompt, without weights, tags and the tokens that embeddings explain.
std::string words_to_know(const std::string& prompt, const GenerationSettings& settings) {
  const bool is_weighted = settings.prompt_style == PromptStyle::a1111;
  const std::string text = is_weighted ? text_of(parse_weighted_prompt(take_tags(prompt).text)) : prompt;
  if (settings.embeddings.empty()) return text;
  std::vector<AddedToken> tokens;
  for (const InputEmbedding& embedding : settings.embeddings) tokens.push_back({embedding.token, {kFirstAddedId}});
  const std::u32string normalized = normalized_for_matching(text);
  std::string rest;
  for (const TextPart& part : AddedTokenMatches(tokens).parts_of(normalized)) {
    if (!part.token) rest.append(encode_utf8(part.text)).append(" ");
  }
  return rest;
}

}  // namespace

std::optional<KnownWords> load_known_words(const ModelInfo& model) {
  if (!model.known_words) return {};
  return KnownWords(model.folder / model.known_words->file);
}

std::vector<std::string> unknown_words(const GenerationSettings& settings, const KnownWords& known) {
  std::vector<std::string> words = prompt_words(words_to_know(settings.prompt, settings));
  if (settings.guided() && settings.negative_prompt) {
    const std::vector<std::string> negative = prompt_words(words_to_know(*settings.negative_prompt, settings));
    words.insert(words.end(), negative.begin(), negative.end());
  }
  std::erase_if(words, [&](const std::string& word) { return known.has(word); });
  return words;
}

}  // namespace deepcache_gen
