#include "caching/placement_search.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <random>

namespace deepcache_gen {
namespace {

using testing::DoubleNear;
using testing::ElementsAre;
using testing::Optional;

SegmentErrors random_errors(int calls, int reach, unsigned seed) {
  std::minstd_rand random(seed);
  SegmentErrors errors(calls, reach);
  for (int from = 0; from < calls; ++from) {
    for (int to = from + 2; to <= std::min(calls, from + 1 + reach); ++to) {
      errors.set(from, to, static_cast<double>(random() % 1000) / 7);
    }
  }
  return errors;
}

// Every set of calls with the first in it, tried out.
double least_error(const SegmentErrors& errors, int count) {
  double least = std::numeric_limits<double>::infinity();
  for (unsigned chosen = 1; chosen < 1U << errors.calls(); chosen += 2) {
    std::vector<int> full;
    for (int call = 0; call < errors.calls(); ++call) {
      if (chosen >> call & 1U) full.push_back(call);
    }
    if (static_cast<int>(full.size()) == count) least = std::min(least, errors.of(full));
  }
  return least;
}

TEST(BestPlacements, AreAsGoodAsTheBestOfAll) {
  for (unsigned seed = 1; seed <= 20; ++seed) {
    const SegmentErrors errors = random_errors(10, seed % 2 ? 9 : 4, seed);
    const auto placements = best_placements(errors);
    ASSERT_EQ(placements.size(), 10U);
    for (int count = 1; count <= 10; ++count) {
      const auto& placement = placements[static_cast<std::size_t>(count - 1)];
      const double least = least_error(errors, count);
      ASSERT_EQ(placement.has_value(), std::isfinite(least)) << count << " calls, seed " << seed;
      if (!placement) continue;
      EXPECT_EQ(placement->size(), static_cast<std::size_t>(count));
      EXPECT_THAT(errors.of(*placement), DoubleNear(least, 1e-9)) << count << " calls, seed " << seed;
    }
  }
}

TEST(BestPlacements, OfOneCall) {
  EXPECT_THAT(best_placements(SegmentErrors(1, 0)), ElementsAre(Optional(ElementsAre(0))));
}

TEST(SegmentErrors, AddUpOverAPlacement) {
  SegmentErrors errors(5, 3);
  errors.set(0, 2, 1);
  errors.set(2, 5, 4);
  EXPECT_EQ(errors.of(std::vector<int>{0, 2}), 5);
  EXPECT_EQ(errors.of(std::vector<int>{0, 1, 2}), 4) << "no cached call, no error";
  EXPECT_TRUE(std::isinf(errors.of(std::vector<int>{0}))) << "longer than it reaches";
}

TEST(Reach, IsHalfOfTheCallsWithinBounds) {
  EXPECT_EQ(reach_of_segments(30), 15);
  EXPECT_EQ(reach_of_segments(50), 25);
  EXPECT_EQ(reach_of_segments(20), 15);
  EXPECT_EQ(reach_of_segments(4), 3);
  EXPECT_EQ(reach_of_segments(1), 0);
  EXPECT_EQ(reach_of_segments(1000), 30);
}

// One picture's errors are a hundred times the other's, and say no more for it.
TEST(MeanErrors, CountEveryPictureAlike) {
  std::vector<std::vector<MeasuredErrors>> pictures;
  for (const double size : {1., 100.}) {
    SegmentErrors low(4, 3), high(4, 3);
    for (int from = 0; from < 4; ++from) {
      for (int to = from + 2; to <= 4; ++to) {
        low.set(from, to, size * (to - from - 1));
        high.set(from, to, size * 2 * (to - from - 1));
      }
    }
    pictures.push_back({{Choice::cached(0), low}, {Choice::cached(0, true), high}});
  }
  const std::vector<MeasuredErrors> mean = mean_errors(pictures);
  ASSERT_EQ(mean.size(), 2U);
  EXPECT_TRUE(mean[1].cached.holds_guidance);
  EXPECT_THAT(mean[0].segments.of(std::vector<int>{0}), DoubleNear(1, 1e-12)) << "a third of 4 calls is one";
  EXPECT_THAT(mean[1].segments.of(std::vector<int>{0}), DoubleNear(2, 1e-12));
}

TEST(Front, LeavesOutWhatAnotherIsBetterThan) {
  // A full call takes 10, a cached one 5 or, with one half, 1, and errs twice as much.
  const PassCosts costs{true, 10, {5}, {1}, 0};
  SegmentErrors both(3, 2), held(3, 2);
  for (const auto& [from, to, error] : {std::tuple(0, 2, 1.), {0, 3, 3.}, {1, 3, 2.}}) {
    both.set(from, to, error);
    held.set(from, to, 2 * error);
  }
  const std::vector<MeasuredErrors> kinds{{Choice::cached(0), both}, {Choice::cached(0, true), held}};
  const std::vector<TunedPlacement> front = front_of(kinds, costs);
  ASSERT_EQ(front.size(), 5U) << "held 12, both 20, held 21, both 25, all 30";
  EXPECT_TRUE(front[0].cached.holds_guidance);
  EXPECT_THAT(front[0].full, ElementsAre(0));
  EXPECT_EQ(front[0].error, 6);
  EXPECT_FALSE(front[1].cached.holds_guidance);
  EXPECT_EQ(front[1].error, 3);
  EXPECT_THAT(front[2].full, ElementsAre(0, 2));
  EXPECT_EQ(front[2].error, 2);
  EXPECT_EQ(front[3].error, 1);
  EXPECT_EQ(front[4].error, 0);
}

TEST(Gains, AreMeasuredWhereTheyChangeMost) {
  EXPECT_THAT(calls_of_gains(30), ElementsAre(2, 4, 8, 14, 22));
  EXPECT_THAT(calls_of_gains(4), ElementsAre(1, 2));
  EXPECT_THAT(calls_of_gains(2), ElementsAre());
  EXPECT_THAT(calls_of_gains(1), ElementsAre());
}

TEST(Gains, AreGeometricMeansAndLieOnLinesInTheirLogarithm) {
  const std::vector<double> gains =
      gains_of_calls(std::vector<std::vector<double>>{{4, 1, 1, 1, 0.5}, {16, 4, 1, 1, 0.5}}, 30);
  ASSERT_EQ(gains.size(), 30U);
  EXPECT_THAT(gains[0], DoubleNear(8, 1e-12)) << "before the first as there";
  EXPECT_THAT(gains[2], DoubleNear(8, 1e-12));
  EXPECT_THAT(gains[3], DoubleNear(4, 1e-12));
  EXPECT_THAT(gains[4], DoubleNear(2, 1e-12));
  EXPECT_THAT(gains[11], DoubleNear(1, 1e-12));
  EXPECT_THAT(gains[22], DoubleNear(0.5, 1e-12));
  EXPECT_EQ(gains[29], 1);
  EXPECT_THAT(gains_of_calls(std::vector<std::vector<double>>{{}}, 2), ElementsAre(1, 1));
}

}  // namespace
}  // namespace deepcache_gen
