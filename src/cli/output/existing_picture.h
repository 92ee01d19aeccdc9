#pragma once

#include "cli/output/picture.h"
#include "cli/output/run_facts.h"

namespace deepcache_gen {

/// What is there under the name of a picture that is to be made. same: a whole PNG of this program, made by the same
/// model from the same settings (and seed, where it was chosen); device, dtype and version may differ.
enum class Existing { nothing, same, different };

/// Looks at the picture's file. Throws `Error` where it can't be read.
Existing look_for(const Picture& picture, const ModelIdentity& model);

}  // namespace deepcache_gen
