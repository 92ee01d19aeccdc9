#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <type_traits>
#include <vector>

#include "pipeline/picture_settings.h"

namespace deepcache_gen {

// What rows are written with.

inline constexpr int kMostSteps = 1000;
inline constexpr int kLargestSide = 8192;  ///< of a picture, in pixels

/// How a value gets into a field of the request.
template <class Field>
auto read_into(Field GenerationRequest::*field) {
  return [field](const OptionValue& value, GenerationRequest& request) { read(value, request.*field); };
}

/// A field as records always say it.
template <class Field>
auto said(Field GenerationSettings::*field) {
  return [field](const GenerationSettings& settings) { return std::optional<nlohmann::ordered_json>(settings.*field); };
}

/// A field of a setting that came later: said where it is not what pictures were made with before.
template <class Field>
auto said_unless(std::type_identity_t<Field> before, Field GenerationSettings::*field) {
  return [before, field](const GenerationSettings& settings) {
    const bool is_as_before = settings.*field == before;
    return is_as_before ? std::nullopt : std::optional<nlohmann::ordered_json>(settings.*field);
  };
}

/// A field that pictures of one batch must have in common.
template <class Field>
auto equal(Field GenerationSettings::*field) {
  return [field](const GenerationSettings& settings) { return nlohmann::ordered_json(settings.*field); };
}

// The rows, by what they are about, in their order: each looks only at those before it.

std::vector<PictureSetting> picture_rows();
std::vector<PictureSetting> init_picture_rows();
std::vector<PictureSetting> control_picture_rows();
std::vector<PictureSetting> size_rows();
std::vector<PictureSetting> sampling_rows();
std::vector<PictureSetting> solver_rows();
std::vector<PictureSetting> curve_rows();
std::vector<PictureSetting> painting_rows();
std::vector<PictureSetting> control_rows();
std::vector<PictureSetting> hires_rows();
std::vector<PictureSetting> xl_rows();
std::vector<PictureSetting> prompt_rows();
std::vector<PictureSetting> embedding_rows();
std::vector<PictureSetting> caching_rows();
std::vector<PictureSetting> refiner_rows();
std::vector<PictureSetting> vae_rows();
std::vector<PictureSetting> lora_rows();

}  // namespace deepcache_gen
