#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "model/model_identity.h"
#include "pipeline/engine.h"
#include "pipeline/image_job.h"

namespace deepcache_gen {

/// What the records say that are kept of images beside what was asked for.
struct RunFacts {
  ModelIdentity model;
  EngineFacts engine;
};

/// That a worker of a run could not make a picture, and why.
struct Attempt {
  std::size_t worker;
  std::string problem;
};

/// One picture of a run: the image to make, and the file it goes to.
struct Picture : ImageJob {
  std::filesystem::path file;
  std::shared_ptr<const ModelIdentity> model;  ///< what its task reads of the run's model
  bool seed_chosen = true;       ///< false: the seed was drawn by lot, so that a picture with another will do as well
  std::optional<int> item;       ///< the number of its prompt in a list, from 0; unset: there is no list
  std::string source;            ///< where in the list: "prompts.txt:12"; empty: there is no list
  std::optional<int> quality{};  ///< of a JPEG or WebP file; unset: the usual one

  std::size_t place = 0;          ///< among the results of the run, from 0
  std::vector<Attempt> failed{};  ///< by workers that had it before

  const GenerationSettings& settings() const { return plan->settings; }
  /// What messages call it: its place in the list, else its file.
  std::string name() const { return source.empty() ? file.string() : source; }
};

}  // namespace deepcache_gen
