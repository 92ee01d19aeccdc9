#include "backend/kept_weights.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <set>
#include <vector>

#include "backend/cpu/convolution_weight.h"
#include "backend/cpu/packed_linear.h"
#include "backend/cpu/same_geometry.h"
#include "backend/patchable_weights.h"

namespace deepcache_gen {
namespace {

constexpr std::int64_t kPlenty = 1 << 30;

LowRankDelta product(at::IntArrayRef sizes, double scale = 1) {
  std::vector<std::int64_t> down = sizes.vec();
  down[0] = 2;
  return {at::randn({sizes[0], 2}), at::randn(down), scale};
}

TEST(PatchableWeightVersion, IsOfWhatIsAdded) {
  PatchableWeight weight(at::randn({8, 4}));
  const LowRankDelta first = product({8, 4}), other = product({8, 4});
  EXPECT_EQ(weight.version(), 0u);
  weight.add(first);
  const unsigned once = weight.version();
  weight.add(other);
  const unsigned both = weight.version();
  EXPECT_NE(once, 0u);
  EXPECT_NE(both, once);
  weight.take_back_all();
  EXPECT_EQ(weight.version(), 0u);
  weight.add(LowRankDelta{first.up, first.down, 0.5});
  EXPECT_NE(weight.version(), once);
  weight.take_back_all();
  weight.add(first);
  EXPECT_EQ(weight.version(), once);
  weight.add(other);
  EXPECT_EQ(weight.version(), both);
  // In another order the sums may round otherwise; equal numbers elsewhere may change apart.
  weight.take_back_all();
  weight.add(other);
  weight.add(first);
  EXPECT_NE(weight.version(), both);
  weight.take_back_all();
  weight.add(LowRankDelta{first.up.clone(), first.down, 1});
  EXPECT_NE(weight.version(), once);
}

TEST(PatchableWeightVersion, IsNeverThatOfATensorThatIsGone) {
  PatchableWeight weight(at::zeros({8, 4}));
  std::set<unsigned> versions;
  for (int i = 0; i < 100; ++i) {
    weight.take_back_all();
    weight.add(product({8, 4}));  // which may well lie where the one before it lay
    versions.insert(weight.version());
  }
  EXPECT_EQ(versions.size(), 100u);
}

/// A linear and a convolution whose weights are patched.
class KeptWeightsTest : public testing::Test {
 protected:
  std::shared_ptr<KeptWeights> kept = std::make_shared<KeptWeights>();
  WeightConversion conversion{at::kFloat, nullptr, kept};
  at::Tensor numbers = at::randn({64, 32}), kernel = at::randn({32, 16, 3, 3});
  std::shared_ptr<PatchableWeight> weight = std::make_shared<PatchableWeight>(numbers);
  std::shared_ptr<PatchableWeight> patched_kernel = std::make_shared<PatchableWeight>(kernel);
  std::optional<PackedLinear> linear{std::in_place, WeightSource({weight}, numbers), std::nullopt, conversion};
  std::optional<ConvolutionWeight> convolution{std::in_place, WeightSource({patched_kernel}, kernel), conversion,
                                               kSame};
  const std::vector<std::int64_t> image{1, 16, 8, 8};
  const at::Tensor rows = at::randn({5, 32});
  const LowRankDelta delta = product({64, 32}), of_kernel = product({32, 16, 3, 3});
  const std::int64_t bytes_of_linear = numbers.numel() * 4, bytes_of_kernel = kernel.numel() * 4;

  void patch(bool is_added) {
    weight->take_back_all();
    patched_kernel->take_back_all();
    if (!is_added) return;
    weight->add(delta);
    patched_kernel->add(of_kernel);
  }
};

TEST_F(KeptWeightsTest, NothingIsKeptUntilItMayBe) {
  linear->run(rows);
  convolution->packed_for(image);
  for (const bool is_added : {true, false, true}) {
    patch(is_added);
    kept->follow();
    EXPECT_EQ(kept->bytes(), 0);
  }
}

TEST_F(KeptWeightsTest, WhatWasPackedComesBack) {
  kept->limit(kPlenty);
  const at::Tensor plain = linear->run(rows), kernel_of_file = convolution->packed_for(image).to_dense();
  patch(true);
  EXPECT_FALSE(linear->run(rows).equal(plain));
  const at::Tensor sum = linear->run(rows), packed_sum = convolution->packed_for(image);
  EXPECT_EQ(kept->bytes(), 0) << "it is not known yet whether the file's numbers come back";
  patch(false);
  EXPECT_TRUE(linear->run(rows).equal(plain));
  const at::Tensor packed = convolution->packed_for(image);
  EXPECT_TRUE(packed.to_dense().equal(kernel_of_file));
  EXPECT_EQ(kept->bytes(), bytes_of_linear + bytes_of_kernel);
  for (const bool is_added : {true, false, true}) {
    patch(is_added);
    EXPECT_TRUE(linear->run(rows).equal(is_added ? sum : plain));
    EXPECT_TRUE(convolution->packed_for(image).is_same(is_added ? packed_sum : packed)) << "the very same memory";
    EXPECT_EQ(kept->bytes(), bytes_of_linear + bytes_of_kernel);
  }
}

TEST_F(KeptWeightsTest, FollowingIsDoneForWhatWasPackedBefore) {
  kept->limit(kPlenty);
  convolution->packed_for(image);
  patch(true);
  kept->follow();
  patch(false);
  kept->follow();
  EXPECT_EQ(kept->bytes(), bytes_of_linear + bytes_of_kernel) << "the sums, since what is in use is packed";
}

TEST_F(KeptWeightsTest, TheOldestGoFirstWhereThereIsNoRoom) {
  kept->limit(bytes_of_kernel);
  convolution->packed_for(image);
  patch(true);
  kept->follow();
  patch(false);
  linear->follow();
  EXPECT_EQ(kept->bytes(), bytes_of_linear);
  convolution->follow();
  EXPECT_EQ(kept->bytes(), bytes_of_kernel);
  kept->limit(bytes_of_kernel - 1);
  EXPECT_EQ(kept->bytes(), 0);
}

TEST_F(KeptWeightsTest, WhatIsOfAModuleGoesWithIt) {
  kept->limit(kPlenty);
  convolution->packed_for(image);
  patch(true);
  kept->follow();
  patch(false);
  kept->follow();
  linear.reset();
  EXPECT_EQ(kept->bytes(), bytes_of_kernel);
  convolution.reset();
  EXPECT_EQ(kept->bytes(), 0);
  kept->follow();
}

}  // namespace
}  // namespace deepcache_gen
