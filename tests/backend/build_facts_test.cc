#include "backend/build_facts.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <set>

#include "backend/threads.h"

namespace deepcache_gen {
namespace {

using testing::MatchesRegex;

TEST(BuildFacts, HasWhatAReportNeedsEachOnOneLine) {
  std::map<std::string, std::string> facts;
  for (const auto& [name, text] : build_facts()) {
    EXPECT_TRUE(facts.emplace(name, text).second) << name << " stands there twice";
    EXPECT_EQ(text.find('\n'), std::string::npos) << name;
    EXPECT_TRUE(!text.empty() || name == "processor_features") << name;
  }
  for (const char* name : {"cuda", "cudnn", "cuda_devices", "processor", "processor_features"})
    EXPECT_TRUE(facts.contains(name)) << name;
  EXPECT_THAT(facts["libtorch"], MatchesRegex("[0-9]+\\.[0-9]+\\.[0-9]+.*"));
  EXPECT_TRUE(facts["cpu_dtype"] == "bf16" || facts["cpu_dtype"] == "fp32");
  EXPECT_EQ(facts["physical_cores"], std::to_string(physical_core_count()));
}

}  // namespace
}  // namespace deepcache_gen
