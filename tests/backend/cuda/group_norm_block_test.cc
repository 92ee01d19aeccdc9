#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "backend/cuda/group_norm_application.h"
#include "backend/cuda/group_norm_statistics.h"
#include "backend/cuda/thread_team.h"
#include "backend/relative_difference.h"

namespace deepcache_gen {
namespace {

constexpr double kTolerance = 4e-6;

struct Case {
  GroupNormSizes sizes;
  int threads, lanes;
};

// By teams of many threads, as on a device.
template <int kPack>
at::Tensor by_teams(const at::Tensor& input, const at::Tensor& weight, const at::Tensor& bias,
                    const GroupNormSizes& sizes, const GroupNormLayout& layout) {
  const at::Tensor output = at::full_like(input, 1e30),
                   moments = at::empty({sizes.batch, sizes.groups, layout.chunks, 2});
  const GroupNormArguments<float> arguments{input.const_data_ptr<float>(),
                                            nullptr,
                                            weight.const_data_ptr<float>(),
                                            bias.const_data_ptr<float>(),
                                            output.mutable_data_ptr<float>(),
                                            static_cast<GroupMoments*>(moments.mutable_data_ptr()),
                                            1e-5F,
                                            false,
                                            sizes,
                                            layout};
  std::vector<float> scratch(group_norm_scratch(sizes, layout));
  for (std::int64_t block = 0; block < group_norm_blocks(sizes, layout); ++block) {
    ThreadTeam::run(layout.threads,
                    [&](const ThreadTeam& team) { take_moments<kPack>(team, arguments, block, scratch.data()); });
  }
  for (std::int64_t block = 0; block < group_norm_blocks(sizes, layout); ++block) {
    ThreadTeam::run(layout.threads,
                    [&](const ThreadTeam& team) { normalize<kPack>(team, arguments, block, scratch.data()); });
  }
  return output;
}

TEST(GroupNormBlock, IsSharedOutAmongThreads) {
  for (const auto& [sizes, threads, lanes] : {Case{{2, 130, 40, 4}, 32, 3}, Case{{1, 333, 64, 2}, 8, 1},
                                              Case{{2, 77, 15, 5}, 48, 3}, Case{{1, 5, 24, 4}, 16, 2}}) {
    SCOPED_TRACE(testing::Message() << sizes.channels << " channels, " << threads << " threads");
    const GroupNormLayout layout =
        group_norm_layout(sizes, sizeof(float), sizes.channels % 4 == 0 ? 4 : 1, {threads, ThreadTeam::kStripe, 24});
    EXPECT_EQ(layout.lanes, lanes);
    EXPECT_GE(layout.chunks, sizes.pixels > 5 ? 3 : 1);
    const at::Tensor input =
        at::randn({sizes.batch, sizes.channels, sizes.pixels, 1}).contiguous(at::MemoryFormat::ChannelsLast);
    const at::Tensor weight = at::randn({sizes.channels}) + 2, bias = at::randn({sizes.channels});
    const at::Tensor expected =
        at::group_norm(input.to(at::kDouble), sizes.groups, weight.to(at::kDouble), bias.to(at::kDouble), 1e-5);
    const at::Tensor output = layout.pack == 4 ? by_teams<4>(input, weight, bias, sizes, layout)
                                               : by_teams<1>(input, weight, bias, sizes, layout);
    EXPECT_LE(relative_difference(output, expected), kTolerance);
  }
}

}  // namespace
}  // namespace deepcache_gen
