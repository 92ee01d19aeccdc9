#include "support/closest_name.h"

#include <gtest/gtest.h>

namespace deepcache_gen {
namespace {

TEST(ClosestName, FindsATypingError) {
  EXPECT_EQ(closest_name("eular", {"ddim", "euler", "euler_a"}), "euler");
  EXPECT_EQ(closest_name("DDIM", {"ddim", "euler"}), "ddim");
}

TEST(ClosestName, StaysSilentWhenNothingIsNear) {
  EXPECT_EQ(closest_name("lms_karras", {"ddim", "euler"}), "");
  EXPECT_EQ(closest_name(std::string(1000, 'x'), {"ddim"}), "");
}

TEST(UnknownNameMessage, NamesTheValueTheGuessAndWhatIsKnown) {
  EXPECT_EQ(unknown_name_message("sampler", "dimm", {"ddim", "pndm"}),
            "unknown sampler 'dimm'; did you mean 'ddim'? Known: ddim, pndm");
  EXPECT_EQ(unknown_name_message("sampler", "zzzzzz", {"ddim"}), "unknown sampler 'zzzzzz'; Known: ddim");
}

}  // namespace
}  // namespace deepcache_gen
