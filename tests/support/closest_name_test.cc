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

TEST(ClosestName, NeverOffersADifferentThing) {
  EXPECT_EQ(closest_name("-i", {"-p", "-s", "--init-img"}), "");
  EXPECT_EQ(closest_name("--i", {"-i"}), "");
  EXPECT_EQ(closest_name("--lora", {"--format"}), "");
  EXPECT_EQ(closest_name("--lowvram", {"--lora"}), "");
  EXPECT_EQ(closest_name("--server", {"--seed"}), "");
  EXPECT_EQ(closest_name("dpm++2s_a", {"dpm++2m", "dpm++2m_sde"}), "");
  EXPECT_EQ(closest_name("sd15", {"sd21"}), "");
  EXPECT_EQ(closest_name("heun_a", {"heun", "heun_b"}), "");
  EXPECT_EQ(closest_name("stable-diffusion-3", {"stable-diffusion"}), "");
}

TEST(ClosestName, FindsATypingErrorBesideADigit) {
  EXPECT_EQ(closest_name("dmp++2M", {"ddim", "dpm++2m"}), "dpm++2m");
  EXPECT_EQ(closest_name("dpm++2m_sed", {"dpm++2m", "dpm++2m_sde"}), "dpm++2m_sde");
  EXPECT_EQ(closest_name("sd21-randm", {"sd21-random"}), "sd21-random");
  EXPECT_EQ(closest_name("a111", {"a1111", "plain"}), "a1111");
  EXPECT_EQ(closest_name("--stpes", {"--seed", "--steps"}), "--steps");
}

TEST(UnknownNameMessage, NamesTheValueTheGuessAndWhatIsKnown) {
  EXPECT_EQ(unknown_name_message("sampler", "dimm", {"ddim", "pndm"}),
            "unknown sampler 'dimm'; did you mean 'ddim'? Known: ddim, pndm");
  EXPECT_EQ(unknown_name_message("sampler", "zzzzzz", {"ddim"}), "unknown sampler 'zzzzzz'; Known: ddim");
}

}  // namespace
}  // namespace deepcache_gen
