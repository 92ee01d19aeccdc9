#include "cli/output/picture_settings.h"

#include <nlohmann/json.hpp>

#include "cli/output/settings_json.h"
#include "support/json_text.h"

namespace deepcache_gen {
namespace {

using Json = nlohmann::ordered_json;

Json settings_object(const Picture& picture, const ModelIdentity& model) {
  const GenerationSettings& settings = picture.settings();
  Json object = settings_json(settings, picture.job.seed());
  object.update(Json{
      {"interval", settings.interval},
      {"branch", settings.interval == 1 ? 0 : settings.branch},  // without caching all branches are the same
      {"model", model.name},
      {"unet_sha256", model.unet_sha256},
  });
  return object;
}

}  // namespace

std::string picture_settings(const Picture& picture, const ModelIdentity& model) {
  return json_text(settings_object(picture, model));
}

bool are_settings_of(const std::string& text, const Picture& picture, const ModelIdentity& model) {
  Json found = Json::parse(text, nullptr, false);
  Json expected = settings_object(picture, model);
  if (!found.is_object()) return false;
  if (!picture.seed_chosen) found["seed"] = expected["seed"];
  return json_text(found) == json_text(expected);
}

}  // namespace deepcache_gen
