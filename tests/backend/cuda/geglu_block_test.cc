#include "backend/cuda/geglu_block.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "backend/cuda/thread_team.h"
#include "backend/relative_difference.h"

namespace deepcache_gen {
namespace {

TEST(GegluBlock, IsSharedOutAmongThreads) {
  const at::Tensor both = 3 * at::randn({7, 2 * 24}), output = at::full({7, 24}, 1e30);
  // Four threads over six packs, so that some have two; three rows a block, so that the last one has one.
  const GegluArguments<float> arguments{.input = both.const_data_ptr<float>(),
                                        .output = output.mutable_data_ptr<float>(),
                                        .rows = 7,
                                        .half = 24,
                                        .pack = 4,
                                        .columns = 4,
                                        .lanes = 3,
                                        .threads = 16};
  for (std::int64_t block = 0; block < 3; ++block) {
    ThreadTeam::run(arguments.threads, [&](const ThreadTeam& team) { gate_rows<4>(team, arguments, block); });
  }
  const std::vector<at::Tensor> halves = both.to(at::kDouble).chunk(2, -1);
  EXPECT_LE(relative_difference(output, halves[0] * at::gelu(halves[1])), kFloatTolerance);
}

}  // namespace
}  // namespace deepcache_gen
