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

}  // namespace
}  // namespace deepcache_gen
