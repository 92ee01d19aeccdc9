#pragma once

#include <cstdint>
#include <exception>
#include <functional>
#include <optional>
#include <string>

#include "backend/foreign_errors.h"
#include "backend/free_memory.h"
#include "backend/placement.h"
#include "model/model_info.h"

namespace deepcache_gen {

/// Bytes that a VAE needs beside its weights for a whole picture of so many pixels, from above.
std::int64_t vae_bytes(const ModelInfo& model, const Placement& placement, std::int64_t pixels);

/// Whether the VAE of an engine works on whole pictures or on tiles of them: as asked, and on tiles where the whole
/// would not fit into memory, by estimate or as it turns out.
class TileChoice {
 public:
  /// `free_bytes`: of the device, with the weights on it.
  TileChoice(const ModelInfo& model, const Placement& placement, std::int64_t free_bytes);

  using Warn = std::function<void(const std::string&)>;

  /// What `work` returns, which does something with a picture of that size in tiles of a side in pixels, or whole where
  /// that is unset. `asked`: what the user wants; unset: whole if possible. The first time that an engine takes tiles
  /// by itself it says so, by `warn`. What is thrown is left to who calls it.
  template <class Work>
  auto run(int width, int height, std::optional<int> asked, const Warn& warn, const Work& work) {
    const std::optional<int> tile = asked ? asked : tile_by_estimate(width, height, warn);
    try {
      return work(tile);
    } catch (const std::exception& error) {
      if (tile || !helps(width, height) || !tells_out_of_memory(error)) throw;
    }
    release_kept_memory(placement_.device);
    return work(tile_by_itself(width, height, warn));
  }

 private:
  bool helps(int width, int height) const;
  std::optional<int> tile_by_estimate(int width, int height, const Warn& warn);
  int tile_by_itself(int width, int height, const Warn& warn);

  const ModelInfo& model_;
  Placement placement_;
  std::int64_t free_bytes_;
  int own_tile_;
  bool is_said_ = false;
};

}  // namespace deepcache_gen
