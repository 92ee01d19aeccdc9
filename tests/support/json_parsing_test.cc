#include "support/json_parsing.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

#include "support/deep_json.h"
#include "support/json_text.h"

namespace deepcache_gen {
namespace {

using testing::HasSubstr;
using testing::ThrowsMessage;
using Json = nlohmann::ordered_json;

constexpr std::size_t kDeepest = kDeepestJson;

TEST(ParseJson, ReadsTextsAndStreams) {
  EXPECT_EQ(json_text(parse_json<Json>(std::string(R"({"b": [1, 2.5], "a": null})"))), R"({"b":[1,2.5],"a":null})");
  std::istringstream stream("[true]");
  EXPECT_EQ(json_text(parse_json<Json>(stream)), "[true]");
}

TEST(ParseJson, AcceptsWhatCanBeWrittenAgain) {
  const std::string text = deep_json(kDeepest);
  EXPECT_EQ(json_text(parse_json<Json>(text)), text);
}

TEST(ParseJson, RejectsWhatIsNestedDeeper) {
  std::string objects;
  for (std::size_t i = 0; i <= kDeepest; ++i) objects += R"({"a":)";
  for (const std::string& text : {deep_json(kDeepest + 1), deep_json(1 << 20), std::string(1 << 20, '['), objects}) {
    EXPECT_THAT([&] { parse_json<Json>(text); }, ThrowsMessage<Error>(HasSubstr("nested more than 100 levels deep")));
  }
}

TEST(ParseJson, RejectsWhatIsNoJson) {
  for (const std::string text : {"", "{", "[1,]", "nul", "\"\xFF\"", "{} {}", "1e999"}) {
    EXPECT_THAT([&] { parse_json<Json>(text); }, ThrowsMessage<Error>("is not valid JSON")) << text;
  }
}

TEST(ParseJson, LetsTheCallerWatch) {
  int keys = 0;
  const auto count = [&](int, Json::parse_event_t event, Json&) {
    if (event == Json::parse_event_t::key) ++keys;
    return true;
  };
  EXPECT_EQ(parse_json<Json>(std::string(R"({"a": {"b": 1}, "c": 2})"), count).size(), 2u);
  EXPECT_EQ(keys, 3);
}

}  // namespace
}  // namespace deepcache_gen
