#pragma once

#include <string>

#include "pipeline/engine.h"

namespace deepcache_gen {

/// Which model it is, whatever folder it lies in.
struct ModelIdentity {
  std::string name;
  std::string unet_sha256;

  bool operator==(const ModelIdentity&) const = default;
};

/// What is the same for every image of a run, for the records that are kept of them.
struct RunFacts {
  ModelIdentity model;
  EngineFacts engine;
};

}  // namespace deepcache_gen
