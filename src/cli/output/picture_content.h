#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "cli/output/picture.h"
#include "pipeline/generated_image.h"
#include "pipeline/request.h"

namespace deepcache_gen {

/// The text `parameters` of a picture's file in the form that AUTOMATIC1111's web UI writes (modules/infotext_utils.py
/// there) and image viewers read: the prompt, a line `Negative prompt: ...` where there is one, and a line of `Name:
/// value` pairs with the cache settings among them. `seed` is that of the one image, `dtype` what it was computed in.
/// The model's hash is the beginning of its UNet's SHA-256, as AUTOMATIC1111's is of the checkpoint's.
std::string parameters_text(GenerationSettings settings, const ModelIdentity& model, std::int64_t seed,
                            const std::string& dtype);

/// Everything that decides what a picture shows, as one JSON object: what was asked for, and the model. For programs,
/// and exact, where the `parameters` text is for people. A setting that is added to it one day stands there only where
/// it is not what pictures without it were made with: so older texts, and older programs, stay right.
std::string picture_settings(const Picture& picture, const ModelIdentity& model);

/// True where `text`, read from a file, says of this picture what `picture_settings` says, in whatever order. null is
/// as if the key were not there; any other value of an unknown key is of a setting that is not this picture's. The seed
/// counts only where it was chosen. Of the model its name and its UNet must be said; what an older program did not yet
/// say of its other parts and its settings is not held against the picture.
bool are_settings_of(const std::string& text, const Picture& picture, const ModelIdentity& model);

/// The keys by which they differ, `text` being one JSON object; of the model all parts that both say something of.
std::vector<std::string> differing_settings(const std::string& text, const Picture& picture,
                                            const ModelIdentity& model);

/// What is there under the name of a picture that is to be made. same: a whole file of this program and of the kind
/// that its name says, made by the same model from the same settings (and seed, where it was chosen); device, dtype,
/// version and quality may differ.
enum class Existing { nothing, same, different };

/// Looks at the picture's file. Throws `Error` where it can't be read.
Existing look_for(const Picture& picture, const ModelIdentity& model);

/// Throws `UsageError` where the picture's parameters don't fit into its file, before it is made.
void require_room_for_settings(const Picture& picture, const ModelIdentity& model);

/// The file of a picture with its parameters: PNG, JPEG or WebP, as its name says.
std::vector<std::uint8_t> picture_bytes(const RunFacts& run, const Picture& picture, const GeneratedImage& image);

}  // namespace deepcache_gen
