#include "cli/output/results.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "support/error.h"

namespace deepcache_gen {
namespace {

TEST(Results, PrintsLines) {
  std::ostringstream out;
  const Results results(out);
  results.print("a.png");
  results.print("b.png");
  EXPECT_EQ(out.str(), "a.png\nb.png\n");
}

TEST(Results, ReportsAFullDisk) {
  std::ofstream full("/dev/full");
  const Results results(full);
  EXPECT_THAT([&] { results.print("a.png"); },
              testing::ThrowsMessage<Error>(testing::HasSubstr("standard output: cannot be written: No space left")));
}

}  // namespace
}  // namespace deepcache_gen
