#include "support/proc_files.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/temporary_folder.h"

namespace deepcache_gen {
namespace {

TEST(ProcFiles, AreHere) { EXPECT_EQ(missing_proc(), std::nullopt); }

TEST(ProcFiles, AreMissedWithWhatToDo) {
  const TemporaryFolder empty;
  const std::optional<std::string> problem = missing_proc(empty.path());
  ASSERT_TRUE(problem);
  EXPECT_THAT(*problem, testing::StartsWith(empty.path().string() + " is not mounted"));
  EXPECT_THAT(*problem, testing::HasSubstr("mount -t proc"));
}

}  // namespace
}  // namespace deepcache_gen
