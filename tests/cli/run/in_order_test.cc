#include "cli/run/in_order.h"

#include <gtest/gtest.h>

#include <string>

namespace deepcache_gen {
namespace {

class InOrderTest : public testing::Test {
 protected:
  void put(std::size_t place) {
    in_order_.put(place, [this, place] { done_ += std::to_string(place); });
  }

  InOrder in_order_;
  std::string done_;
};

TEST_F(InOrderTest, ActsAtOnceWhereNothingIsMissing) {
  put(0);
  EXPECT_EQ(done_, "0");
  put(1);
  EXPECT_EQ(done_, "01");
}

TEST_F(InOrderTest, WaitsForLowerPlaces) {
  put(2);
  put(1);
  EXPECT_EQ(done_, "");
  put(0);
  EXPECT_EQ(done_, "012");
}

TEST_F(InOrderTest, DoesTheRestWhereOneNeverComes) {
  put(3);
  put(1);
  in_order_.do_the_rest();
  EXPECT_EQ(done_, "13");
}

TEST_F(InOrderTest, GoesOnAfterAnActionThatThrows) {
  in_order_.put(1, [this] { done_ += "1"; });
  EXPECT_THROW(in_order_.put(0, [] { throw 0; }), int);
  in_order_.do_the_rest();
  EXPECT_EQ(done_, "1");
}

}  // namespace
}  // namespace deepcache_gen
