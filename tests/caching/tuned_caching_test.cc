#include "caching/tuned_caching.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <nlohmann/json.hpp>

#include "caching/policy_table.h"
#include "support/error.h"
#include "support/temporary_folder.h"

namespace deepcache_gen {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::ThrowsMessage;

// Of 10 calls: all full 11 s, a cached call 0.2 s, with one half 0.1 s.
TunedCaching some_tuning() {
  TunedCaching tuned;
  tuned.unet_sha256 = std::string(64, 'a');
  tuned.sampler = "ddim";
  tuned.schedule = "discrete";
  tuned.steps = tuned.calls = 10;
  tuned.guidance_scale = 5;
  tuned.width = 64;
  tuned.height = 32;
  tuned.device = "cpu";
  tuned.dtype = "fp32";
  tuned.seconds = {true, 1, {0.2, 0.4}, {0.1, 0.2}, 1};
  tuned.front = {{Choice::cached(0, true), {0}, 9, 20.5, 0.75},
                 {Choice::cached(0, true), {0, 3}, 4, {}, {}},
                 {Choice::cached(0), {0, 2, 5, 8}, 1, {}, {}}};
  return tuned;
}

class TunedFile : public testing::Test {
 protected:
  std::filesystem::path write(const std::string& text) {
    write_text(folder_ / "tuned.json", text);
    return folder_ / "tuned.json";
  }

  // What is said of the file after a change.
  std::string refusal(const std::function<void(nlohmann::json&)>& change) {
    nlohmann::json json = nlohmann::json::parse(tuned_caching_text(some_tuning()));
    change(json);
    try {
      read_tuned_caching(write(json.dump()));
    } catch (const Error& error) {
      return error.what();
    }
    return "none";
  }

  TemporaryFolder folder_;
};

TEST_F(TunedFile, IsReadAsItWasWritten) {
  const TunedCaching tuned = read_tuned_caching(write(tuned_caching_text(some_tuning())));
  EXPECT_EQ(tuned.unet_sha256, std::string(64, 'a'));
  EXPECT_EQ(tuned.sampler + " " + tuned.schedule + " " + tuned.device + " " + tuned.dtype, "ddim discrete cpu fp32");
  EXPECT_EQ(tuned.calls, 10);
  EXPECT_EQ(tuned.guidance_scale, 5);
  EXPECT_EQ(tuned.width * 1000 + tuned.height, 64032);
  EXPECT_TRUE(tuned.seconds.are_seconds);
  EXPECT_THAT(tuned.seconds.cached, ElementsAre(0.2, 0.4));
  EXPECT_THAT(tuned.seconds.held, ElementsAre(0.1, 0.2));
  EXPECT_EQ(tuned.seconds.beside, 1);
  ASSERT_EQ(tuned.front.size(), 3U);
  EXPECT_THAT(tuned.front[1].full, ElementsAre(0, 3));
  EXPECT_TRUE(tuned.front[1].cached.holds_guidance);
  EXPECT_FALSE(tuned.front[1].psnr);
  EXPECT_EQ(tuned.front[0].psnr, 20.5);
  EXPECT_EQ(tuned.front[0].ssim, 0.75);
}

// It may be a stranger's.
TEST_F(TunedFile, IsRefusedInOneLine) {
  EXPECT_EQ(refusal([](auto& json) { json["calls"] = 0; }),
            (folder_ / "tuned.json").string() +
                ": calls: is no whole number of 1 to 2000; delete it, or make it anew with deepcache-gen tune");
  EXPECT_THAT(refusal([](auto& json) { json["calls"] = 1e9; }), HasSubstr("calls: is no whole number"));
  EXPECT_THAT(refusal([](auto& json) { json["calls"] = UINT64_MAX; }), HasSubstr("calls: is no whole number"));
  EXPECT_THAT(refusal([](auto& json) { json["calls"] = 8; }),
              HasSubstr("front[2]: full: is no whole number of 6 to 7"));
  EXPECT_THAT(refusal([](auto& json) { json.erase("front"); }), HasSubstr("front: is missing"));
  EXPECT_THAT(refusal([](auto& json) { json["format"] = 2; }), HasSubstr("format: is no whole number of 1 to 1"));
  EXPECT_THAT(refusal([](auto& json) { json["unet_sha256"] = "A"; }), HasSubstr("is not 64 hexadecimal digits"));
  EXPECT_THAT(refusal([](auto& json) { json["sampler"] = std::string(101, 'x'); }), HasSubstr("sampler: is longer"));
  EXPECT_THAT(refusal([](auto& json) { json["seconds"]["full"] = 0; }), HasSubstr("seconds: full: is no number from"));
  EXPECT_THAT(refusal([](auto& json) { json["seconds"]["cached"][0] = -1; }), HasSubstr("seconds: cached: is no num"));
  EXPECT_THAT(refusal([](auto& json) { json["seconds"]["held"] = {1}; }), HasSubstr("has not as many numbers"));
  EXPECT_THAT(refusal([](auto& json) { json["seconds"] = 3; }), HasSubstr("seconds: is no object"));
  EXPECT_THAT(refusal([](auto& json) { json["seconds"]["held"] = std::vector<int>(65); }), HasSubstr("at most 64"));
  EXPECT_THAT(refusal([](auto& json) { json["front"][0]["branch"] = 64; }), HasSubstr("front[0]: branch: is no whole"));
  EXPECT_THAT(refusal([](auto& json) { json["front"][0]["guidance"] = "x"; }), HasSubstr("neither both nor held"));
  EXPECT_THAT(refusal([](auto& json) { json["front"][0]["full"] = nlohmann::json::array(); }), HasSubstr("is empty"));
  EXPECT_THAT(refusal([](auto& json) { json["front"][0]["full"] = {1}; }), HasSubstr("full: is no whole number of 0"));
  EXPECT_THAT(refusal([](auto& json) { json["front"][1]["full"] = {0, 3, 3}; }), HasSubstr("number of 4 to 9"));
  EXPECT_THAT(refusal([](auto& json) { json["front"][1]["error"] = 9; }), HasSubstr("front[1]: is no better"));
  EXPECT_THAT(refusal([](auto& json) { json["front"][1]["error"] = nullptr; }), HasSubstr("error: is no number"));
  EXPECT_THAT(refusal([](auto& json) { json["front"][0]["full"] = {0, 1, 2, 3, 4}; }), HasSubstr("or cheaper"));
  EXPECT_THAT(refusal([](auto& json) { json["front"][0]["psnr"] = "high"; }), HasSubstr("psnr: is no number"));
  EXPECT_THAT(refusal([](auto& json) { json["front"] = std::vector<int>(501); }), HasSubstr("front: is no list of at"));
}

TEST_F(TunedFile, MustBeAFileOfJson) {
  for (const char* text : {"", "[]", "3", "{\"format\":1", "{\"format\":1,\"format\":1}"}) {
    EXPECT_THAT([&] { read_tuned_caching(write(text)); },
                ThrowsMessage<Error>(HasSubstr("; delete it, or make it anew with deepcache-gen tune")))
        << text;
  }
  EXPECT_THAT([&] { read_tuned_caching(folder_.path()); }, ThrowsMessage<Error>(HasSubstr(folder_.path().string())));
}

// 20 calls, twice as many as it was tuned with.
CacheLimits tuned_limits() {
  CacheLimits limits{.steps = 20, .max_branch = 1, .model = "tiny", .defaults = {.interval = 3, .branch = 0}};
  limits.calls = 20;
  const auto tuned = std::make_shared<const TunedCaching>(some_tuning());
  limits.tuned = [tuned] { return tuned; };
  limits.costs = [tuned]() -> std::optional<PassCosts> { return tuned->seconds; };
  return limits;
}

CacheSpec resolved(const std::string& text, const CacheLimits& limits) {
  return resolve_caching(read_cache_policy("--cache-policy", text), limits);
}

std::vector<int> full_calls(const CacheSpec& spec) {
  std::vector<int> full;
  const std::vector<Choice> choices = choose_calls(spec, {.count = 20, .way = 20});
  for (std::size_t i = 0; i < choices.size(); ++i) {
    if (choices[i].kind == StepKind::full) full.push_back(static_cast<int>(i));
  }
  return full;
}

TEST(CurvePolicy, FollowsWhatWasTunedForSuchAShare) {
  EXPECT_THAT(full_calls(resolved("curve:full=8", tuned_limits())), ElementsAre(0, 2, 4, 7, 10, 13, 16, 18));
  EXPECT_THAT(full_calls(resolved("curve:full=4,guidance=held", tuned_limits())), ElementsAre(0, 3, 6, 13));
}

TEST(BudgetPolicy, TakesTheBestThatIsFastEnough) {
  // Uncached 21 s; 8 full calls 1 + 8 + 12 * 0.2 = 11.4 s, 4 and held 1 + 4 + 16 * 0.1 = 6.6 s, 2 and held 4.8 s.
  const auto text = [](const std::string& budget) { return cache_policy_text(resolved(budget, tuned_limits())); };
  EXPECT_EQ(text("budget:seconds=12"), "budget:seconds=12,branch=0");
  EXPECT_THAT(full_calls(resolved("budget:seconds=12", tuned_limits())), ElementsAre(0, 2, 4, 7, 10, 13, 16, 18));
  EXPECT_THAT(full_calls(resolved("budget:seconds=11", tuned_limits())), ElementsAre(0, 3, 6, 13));
  EXPECT_THAT(full_calls(resolved("budget:speedup=1.8", tuned_limits())), testing::SizeIs(8));
  EXPECT_THAT(full_calls(resolved("budget:speedup=1.9", tuned_limits())), testing::SizeIs(4));
  EXPECT_TRUE(resolved("budget:seconds=11", tuned_limits()).number("guidance") != 0);
}

TEST(BudgetPolicy, SaysWhatIsFastest) {
  EXPECT_THAT([] { resolved("budget:seconds=4", tuned_limits()); },
              ThrowsMessage<UsageError>(HasSubstr("seconds 4: the fastest that is known of model tiny takes 4.8 s")));
  EXPECT_THAT([] { resolved("budget:speedup=5", tuned_limits()); },
              ThrowsMessage<UsageError>(HasSubstr("times as fast as no caching; ask for less")));
  EXPECT_THAT([] { resolved("budget:speedup=2,branch=1", tuned_limits()); },
              ThrowsMessage<UsageError>(HasSubstr("nothing was tuned with these options")));
}

TEST(BudgetPolicy, CountsMultiplyAddsOfAModelThatWasNotTuned) {
  CacheLimits limits = tuned_limits();
  limits.tuned = {};
  limits.costs = []() -> std::optional<PassCosts> { return PassCosts{false, 10, {1, 5}, {0.5, 2.5}, 10}; };
  // Uncached 210; m full calls 10 + 10 m + (20 - m), so that 105 has room for 8.
  EXPECT_EQ(full_calls(resolved("budget:speedup=2", limits)).size(), 8U);
  EXPECT_EQ(full_calls(resolved("budget:speedup=2,guidance=held", limits)).size(), 8U);
  EXPECT_EQ(full_calls(resolved("budget:speedup=1.8,branch=1", limits)).size(), 1U) << "10 + 10 + 19 * 5 = 115";
  EXPECT_THAT([&] { resolved("budget:seconds=8", limits); },
              ThrowsMessage<UsageError>(HasSubstr("how long model tiny takes here is not known")));
}

}  // namespace
}  // namespace deepcache_gen
