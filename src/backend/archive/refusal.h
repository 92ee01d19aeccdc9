#pragma once

#include <string>

#include "support/error.h"
#include "support/printable.h"

namespace deepcache_gen {

/// Throws the `Error` of an archive that is not what scripts/export_model.py writes. `what`: what is wrong in it, which
/// may be text of the file; of a long one the beginning is said.
[[noreturn]] inline void refuse_archive(const std::string& what) {
  throw Error("is no TorchScript archive of scripts/export_model.py: " + shortened(what, 300) +
              "; nothing of it was run, export the model again");
}

}  // namespace deepcache_gen
