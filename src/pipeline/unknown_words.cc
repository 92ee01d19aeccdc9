#include "pipeline/unknown_words.h"

#include "text/prompt_words.h"

namespace deepcache_gen {

std::optional<KnownWords> load_known_words(const ModelInfo& model) {
  if (!model.known_words) return {};
  return KnownWords(model.folder / model.known_words->file);
}

std::vector<std::string> unknown_words(const GenerationSettings& settings, const KnownWords& known) {
  std::vector<std::string> words = prompt_words(settings.prompt);
  if (settings.guided() && settings.negative_prompt) {
    const std::vector<std::string> negative = prompt_words(*settings.negative_prompt);
    words.insert(words.end(), negative.begin(), negative.end());
  }
  std::erase_if(words, [&](const std::string& word) { return known.has(word); });
  return words;
}

}  // namespace deepcache_gen
