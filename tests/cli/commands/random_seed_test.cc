#include "cli/commands/random_seed.h"

#include <gtest/gtest.h>

#include <set>

namespace deepcache_gen {
namespace {

TEST(RandomSeed, DiffersAndFitsIn32Bits) {
  std::set<std::int64_t> seeds;
  for (int i = 0; i < 16; ++i) seeds.insert(random_seed());
  EXPECT_GE(*seeds.begin(), 0);
  EXPECT_LE(*seeds.rbegin(), 0xFFFFFFFF);
  EXPECT_GT(seeds.size(), 14u);  // two equal ones among 16 come up once in 36 million runs
}

}  // namespace
}  // namespace deepcache_gen
