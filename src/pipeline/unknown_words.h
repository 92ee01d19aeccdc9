#pragma once

#include <optional>
#include <string>
#include <vector>

#include "model/model_info.h"
#include "pipeline/request.h"
#include "text/known_words.h"

namespace deepcache_gen {

/// The words that the model says it was trained on; unset where it says nothing. Throws `Error` where its list of words
/// can't be used.
std::optional<KnownWords> load_known_words(const ModelInfo& model);

/// The words of the prompt, and of the negative prompt where guidance makes it count, that the model does not know; in
/// their order, as often as they stand there.
std::vector<std::string> unknown_words(const GenerationSettings& settings, const KnownWords& known);

}  // namespace deepcache_gen
