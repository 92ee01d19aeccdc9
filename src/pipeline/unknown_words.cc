#include "pipeline/unknown_words.h"

#include "text/prompt_tags.h"
#include "text/prompt_words.h"
#include "text/weighted_prompt.h"

namespace deepcache_gen {

std::optional<KnownWords> load_known_words(const ModelInfo& model) {
  if (!model.known_words) return {};
  return KnownWords(model.folder / model.known_words->file);
}

namespace {

// Without what is no words of it.
std::string words_of(const std::string& prompt, PromptStyle style) {
  return style == PromptStyle::plain ? prompt : text_of(parse_weighted_prompt(take_tags(prompt).text));
}

}  // namespace

std::vector<std::string> unknown_words(const GenerationSettings& settings, const KnownWords& known) {
  std::vector<std::string> words = prompt_words(words_of(settings.prompt, settings.prompt_style));
  if (settings.guided() && settings.negative_prompt) {
    const std::vector<std::string> negative = prompt_words(words_of(*settings.negative_prompt, settings.prompt_style));
    words.insert(words.end(), negative.begin(), negative.end());
  }
  std::erase_if(words, [&](const std::string& word) { return known.has(word); });
  return words;
}

}  // namespace deepcache_gen
