#pragma once

#include <string>
#include <utility>

#include "support/error.h"
#include "support/printable.h"

namespace deepcache_gen {

/// The `Error` of an archive that is not what its reader expects. `reason`: what is wrong in it, for who reads archives
/// of another kind and says so in other words.
class RefusedArchive : public Error {
 public:
  RefusedArchive(std::string reason, const std::string& message) : Error(message), reason_(std::move(reason)) {}
  const std::string& reason() const { return reason_; }

 private:
  std::string reason_;
};

/// Throws the `Error` of an archive that is not what deepcache-gen export writes. `what`: what is wrong in it, which
/// may be text of the file; of a long one the beginning is said.
[[noreturn]] inline void refuse_archive(const std::string& what) {
  const std::string reason = shortened(what, 300);
  throw RefusedArchive(reason, "is no TorchScript archive of deepcache-gen export: " + reason +
                                   "; nothing of it was run, export the model again");
}

}  // namespace deepcache_gen
