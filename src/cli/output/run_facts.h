#pragma once

#include "model/model_identity.h"
#include "pipeline/engine.h"

namespace deepcache_gen {

/// What is the same for every image of a run, for the records that are kept of them.
struct RunFacts {
  ModelIdentity model;
  EngineFacts engine;
};

}  // namespace deepcache_gen
