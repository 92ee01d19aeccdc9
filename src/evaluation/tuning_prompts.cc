#include "evaluation/tuning_prompts.h"

#include <algorithm>
#include <optional>

#include "pipeline/unknown_words.h"
#include "text/prompt_words.h"

namespace deepcache_gen {
namespace {

// In turns, so that the first few are of different kinds. Those of a landscape have words that small models know.
constexpr const char* kPrompts[]{
    "a portrait photo of an old fisherman with a grey beard, soft window light",
    "a lighthouse by the sea at dusk, painting",
    "a red sports car on a wet city street at night, neon signs",
    "snowy mountains behind a castle in the morning mist",
    "a bowl of fresh fruit on a wooden table, still life, oil painting",
    "a windmill in a field of lavender under a clear sky",
    "a golden retriever puppy running over a lawn, sharp focus",
    "a sailboat on a calm sea at sunset, vintage poster",
    "the interior of a cozy library with tall bookshelves",
    "a cottage on a grassy hill, pine trees, night with a full moon",
    "an astronaut riding a horse, digital art",
    "a volcano and palm trees on an island, stars in the sky",
    "a close-up of a blue butterfly on a flower, macro photograph",
    "desert dunes with a hot air balloon above them at midday",
    "a busy market square in an old town, watercolor",
    "a castle on a hill by the ocean, thick fog, pastel colors",
};

bool knows_all(const KnownWords& known, const std::string& prompt) {
  const std::vector<std::string> words = prompt_words(prompt);
  return std::all_of(words.begin(), words.end(), [&](const std::string& word) { return known.has(word); });
}

}  // namespace

std::vector<std::string> tuning_prompts(const ModelInfo& model) {
  const std::vector<std::string> all{std::begin(kPrompts), std::end(kPrompts)};
  const std::optional<KnownWords> known = load_known_words(model);
  std::vector<std::string> chosen;
  for (const std::string& prompt : all) {
    if (!known || knows_all(*known, prompt)) chosen.push_back(prompt);
  }
  return chosen.empty() ? all : chosen;
}

}  // namespace deepcache_gen
