#include "model/vae_tile_size.h"
#include "pipeline/settings/setting_rows.h"

namespace deepcache_gen {
namespace {

using Json = nlohmann::ordered_json;
using Request = GenerationRequest;
using Settings = GenerationSettings;

constexpr const char* kVaeTopic = "VAE";

PictureSetting vae_tiling() {
  return {.names = "--vae-tiling",
          .topic = kVaeTopic,
          .help =
              "Decode pictures, and encode those that are given, in overlapping tiles: takes no more memory for "
              "large ones, but tiles may differ in tone. By itself where a picture would not fit into memory.",
          .in_bench = true,
          .read = read_into(&Request::vae_tiling)};
}

// Of how a picture is computed: the same picture, in all that was asked for, may be there untiled.
PictureSetting vae_tile_size() {
  return {.names = "--vae-tile-size",
          .placeholder = "PIXELS",
          .topic = kVaeTopic,
          .help = "Side of a tile, divisible by 32; turns --vae-tiling on.",
          .in_bench = true,
          .model_default = [](const ModelInfo& model) { return std::to_string(usual_tile_pixels(model)); },
          .read = read_into(&Request::vae_tile_size),
          .resolve =
              [](const Request& request, const ModelInfo& model, Settings& settings) {
                if (request.vae_tile_size) {
                  settings.vae_tile_pixels = checked_tile_pixels(model, *request.vae_tile_size);
                } else if (request.vae_tiling) {
                  settings.vae_tile_pixels = usual_tile_pixels(model);
                }
              },
          .key = "vae_tile_size",
          .value =
              [](const Settings& settings) {
                return settings.vae_tile_pixels ? std::optional<Json>(*settings.vae_tile_pixels) : std::nullopt;
              },
          .is_compared = false,
          .infotext = "VAE tile size",
          .label = "VAE tiles",
          .phrase =
              [](const Settings& settings) {
                if (!settings.vae_tile_pixels) return std::string();
                return "VAE tiles of " + std::to_string(*settings.vae_tile_pixels);
              }};
}

}  // namespace

std::vector<PictureSetting> vae_rows() { return {vae_tiling(), vae_tile_size()}; }

}  // namespace deepcache_gen
