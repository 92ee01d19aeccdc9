#pragma once

#include "support/error.h"

namespace deepcache_gen {

/// The user asked to stop; `main` exits with 130.
class Interrupted : public Error {
 public:
  Interrupted() : Error("interrupted") {}
};

}  // namespace deepcache_gen
