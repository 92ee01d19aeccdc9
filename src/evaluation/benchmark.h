#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "caching/cache_spec.h"
#include "pipeline/engine.h"

namespace deepcache_gen {

/// What is measured: one batch of images, with one setting.
struct BenchCell {
  int size = 0;   ///< pixels of a side
  int batch = 0;  ///< images
  CacheSpec setting = no_caching();
  std::shared_ptr<const GenerationPlan> plan;
  std::string name{};                 ///< of the setting: `original`, `3/0`, or the policy as it was asked for
  std::optional<double> ideal_ratio;  ///< see ideal_speed_up.h

  std::vector<double> seconds;  ///< of each round: text, denoising and decoding of the whole batch
  std::vector<double> ratios;   ///< of each round: seconds of the original in it over these; empty without an original
  std::string problem;          ///< why it could not be measured; empty where it could
};

/// Told what is measured next: a cell, the run of it (0: the warm-up), and what part of all runs is done.
struct BenchProgress {
  std::function<void(const BenchCell&, int round, int rounds, double done)> begin;
  std::function<bool()> stop_requested;
};

/// Measures the cells of one size and batch after the other: a warm-up of each setting first, then `rounds` rounds in
/// which every setting has its turn, every other round in the opposite order, so that a machine that drifts treats all
/// alike. What fails becomes the cell's problem. What was measured when the user stops stays; then returns false.
bool measure_cells(const Engine& engine, std::vector<BenchCell>& cells, int rounds, const BenchProgress& progress);

}  // namespace deepcache_gen
