#include "support/json_text.h"

#include <gtest/gtest.h>

namespace deepcache_gen {
namespace {

TEST(JsonText, HoldsNothingThatControlsATerminal) {
  const nlohmann::json value = {"\x1b]0;x\x07\n", "\x7f\u009b\u202e\u2028", "\u6d77"};
  const std::string text = json_text(value);
  EXPECT_EQ(text, R"(["\u001b]0;x\u0007\n","\u007f\u009b\u202e\u2028","海"])");
  EXPECT_EQ(nlohmann::json::parse(text), value);
}

TEST(JsonText, HasAReplacementForWhatIsNoUtf8) { EXPECT_EQ(json_text(nlohmann::json("a\xff")), "\"a\ufffd\""); }

}  // namespace
}  // namespace deepcache_gen
