#include "support/base64.h"

#include <gtest/gtest.h>

#include <vector>

namespace deepcache_gen {
namespace {

std::string encoded(const std::string& text) {
  return base64({reinterpret_cast<const std::uint8_t*>(text.data()), text.size()});
}

TEST(Base64, GivesTheExamplesOfRfc4648) {
  EXPECT_EQ(encoded(""), "");
  EXPECT_EQ(encoded("f"), "Zg==");
  EXPECT_EQ(encoded("fo"), "Zm8=");
  EXPECT_EQ(encoded("foo"), "Zm9v");
  EXPECT_EQ(encoded("foobar"), "Zm9vYmFy");
}

TEST(Base64, HasNoSeamsInWhatIsLong) {
  const std::vector<std::uint8_t> zeros((3 << 21) + 1);
  EXPECT_EQ(base64(zeros), std::string((4 << 21) + 2, 'A') + "==");
}

}  // namespace
}  // namespace deepcache_gen
