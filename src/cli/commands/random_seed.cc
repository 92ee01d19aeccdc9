#include "cli/commands/random_seed.h"

#include <sys/random.h>

#include "support/error.h"

namespace deepcache_gen {

std::int64_t random_seed() {
  std::uint32_t seed = 0;
  if (::getrandom(&seed, sizeof seed, 0) != sizeof seed) {
    throw Error("the operating system has no random number for the seed; give one with --seed");
  }
  return seed;
}

}  // namespace deepcache_gen
