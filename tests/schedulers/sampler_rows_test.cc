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
  EXPECT_TRUE(find_sampler("ddim")->follows("sgm_uniform"));
  EXPECT_FALSE(find_sampler("lcm")->follows("sgm_uniform"));
  EXPECT_FALSE(find_sampler("dpm++2m")->follows("kar"));
  EXPECT_EQ(find_sampler("dpm++"), nullptr);
  EXPECT_EQ(find_schedule("discrete")->infotext, "Uniform");
  EXPECT_EQ(find_schedule(""), nullptr);
}

// What AUTOMATIC1111, diffusers, k-diffusion and ComfyUI call them.
TEST(SamplerRows, AreMeantByTheNamesOfOtherPrograms) {
  EXPECT_EQ(sampler_meant_by("Euler a"), "euler_a");
  EXPECT_EQ(sampler_meant_by("EULER_A"), "euler_a");
  EXPECT_EQ(sampler_meant_by("EulerAncestralDiscreteScheduler"), "euler_a");
  EXPECT_EQ(sampler_meant_by("euler_ancestral"), "euler_a");
  EXPECT_EQ(sampler_meant_by("dpmpp_2m"), "dpm++2m");
  EXPECT_EQ(sampler_meant_by("DPM++ 2M SDE"), "dpm++2m_sde");
  EXPECT_EQ(sampler_meant_by("dpmpp_2s_ancestral"), "dpm++2s_a");
  EXPECT_EQ(sampler_meant_by("DPMSolverMultistepScheduler"), "dpm++2m");
  EXPECT_EQ(sampler_meant_by("dpm_2_ancestral"), "dpm2_a");
  EXPECT_EQ(sampler_meant_by("uni_pc"), "unipc");
  EXPECT_EQ(sampler_meant_by("PLMS"), "pndm");
  EXPECT_EQ(schedule_meant_by("Karras"), "karras");
  EXPECT_EQ(schedule_meant_by("SGM Uniform"), "sgm_uniform");
  EXPECT_EQ(schedule_meant_by("Align Your Steps"), "ays");
}

TEST(SamplerRows, WhatMeansNoneStaysAsItIs) {
  for (const char* name : {"", "dpm++", "++", "euler_b", "_"}) {
    EXPECT_EQ(sampler_meant_by(name), name);
    EXPECT_EQ(schedule_meant_by(name), name);
  }
}

}  // namespace
}  // namespace deepcache_gen
