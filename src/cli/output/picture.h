#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "model/model_identity.h"
#include "pipeline/engine.h"
#include "pipeline/image_job.h"

namespace deepcache_gen {

/// What is the same for every image of a run, for the records that are kept of them.
struct RunFacts {
  ModelIdentity model;
  EngineFacts engine;
};

/// One picture of a run: what to make, and the file it goes to.
struct Picture {
  ImageJob job;
  std::filesystem::path file;
  bool seed_chosen = true;  ///< false: the seed was drawn by lot, so that a picture with another will do as well
  std::optional<int> item;  ///< the number of its prompt in a list, from 0; unset: there is no list
  std::string source;       ///< where in the list: "prompts.txt:12"; empty: there is no list

  const GenerationSettings& settings() const { return job.plan->settings; }
  /// What messages call it: its place in the list, else its file.
  std::string name() const { return source.empty() ? file.string() : source; }
};

}  // namespace deepcache_gen
