#pragma once

#include <string>

#include "cli/output/picture.h"
#include "cli/output/run_facts.h"

namespace deepcache_gen {

/// The keyword of the PNG text that holds `picture_settings`.
inline constexpr const char* kSettingsKeyword = "deepcache-gen";

/// Everything that decides what a picture shows, as one JSON object: what was asked for, and the model. For programs,
/// and exact, where the `parameters` text is for people.
std::string picture_settings(const Picture& picture, const ModelIdentity& model);

/// True where `text`, read from a file, says what `picture_settings` would say of this picture; the seed counts only
/// where it was chosen.
bool are_settings_of(const std::string& text, const Picture& picture, const ModelIdentity& model);

}  // namespace deepcache_gen
