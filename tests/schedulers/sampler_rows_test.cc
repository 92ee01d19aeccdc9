#include "schedulers/sampler_rows.h"

#include <gtest/gtest.h>

#include <set>

namespace deepcache_gen {
namespace {

template <class Rows>
void expect_every_name_once(const Rows& rows) {
  std::set<std::string_view> names, infotexts;
  for (const auto& row : rows) {
    EXPECT_TRUE(names.insert(row.name).second) << row.name;
    EXPECT_TRUE(infotexts.insert(row.infotext).second) << row.infotext;
  }
}

TEST(SamplerRows, HaveEveryNameOnce) {
  expect_every_name_once(sampler_rows());
  expect_every_name_once(schedule_rows());
}

TEST(SamplerRows, NameSchedulesThatThereAreAndAllFollowDiscrete) {
  for (const SamplerRow& row : sampler_rows()) {
    EXPECT_TRUE(row.follows("discrete")) << row.name;
    for (const std::string& schedule : row.schedule_names()) EXPECT_TRUE(find_schedule(schedule)) << schedule;
  }
}

TEST(SamplerRows, AreFoundByName) {
  ASSERT_TRUE(find_sampler("dpm++2m"));
  EXPECT_EQ(find_sampler("dpm++2m")->infotext, "DPM++ 2M");
  EXPECT_TRUE(find_sampler("dpm++2m")->follows("karras"));
  EXPECT_FALSE(find_sampler("ddim")->follows("karras"));
  EXPECT_FALSE(find_sampler("dpm++2m")->follows("kar"));
  EXPECT_EQ(find_sampler("dpm++"), nullptr);
  EXPECT_EQ(find_schedule("discrete")->infotext, "Uniform");
  EXPECT_EQ(find_schedule(""), nullptr);
}

}  // namespace
}  // namespace deepcache_gen
