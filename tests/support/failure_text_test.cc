#include "support/failure_text.h"

#include <gtest/gtest.h>

#include <stdexcept>

namespace deepcache_gen {
namespace {

TEST(FailureText, IsTheExceptionsOwn) { EXPECT_EQ(failure_text(std::runtime_error("a disk")), "a disk"); }

TEST(FailureText, SaysWhatToDoAboutALackOfMemory) {
  EXPECT_EQ(failure_text(std::bad_alloc()), "out of memory; choose a smaller size or --batch-size");
  EXPECT_EQ(failure_text(std::bad_array_new_length()), failure_text(std::bad_alloc()));
}

TEST(FailureOf, IsAboutTheSameFlags) {
  EXPECT_EQ(failure_of(UsageError("--steps", "--steps 0")).flags(), std::vector<std::string>{"--steps"});
  EXPECT_STREQ(failure_of(UsageError("--steps", "--steps 0")).what(), "--steps 0");
  EXPECT_TRUE(failure_of(std::runtime_error("a disk")).flags().empty());
  EXPECT_EQ(failure_of(std::bad_alloc()).what(), failure_text(std::bad_alloc()));
  EXPECT_EQ(failure_of(std::bad_alloc()).flags().front(), "--batch-size");
}

}  // namespace
}  // namespace deepcache_gen
