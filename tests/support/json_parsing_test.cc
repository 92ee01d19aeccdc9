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

TEST(ParseJson, RejectsAKeyThatAnObjectHasTwice) {
  for (const std::string text : {R"({"a": 1, "a": 1})", R"([{"b": 1}, {"a": {}, "b": [], "a": 2}])"}) {
    EXPECT_THAT([&] { parse_json<Json>(text); }, ThrowsMessage<Error>("has the key 'a' twice")) << text;
  }
  EXPECT_NO_THROW(parse_json<Json>(std::string(R"({"a": {"a": [{"a": 1}, {"a": 1}]}})")));
}

TEST(ParseJson, RejectsWhatIsOutOfBounds) {
  const JsonBounds bounds{.values = 4, .keys = 2};
  EXPECT_NO_THROW(parse_json<Json>(std::string("[1, [2]]"), bounds));
  EXPECT_NO_THROW(parse_json<Json>(std::string(R"([{"a": 1, "b": 2}])"), bounds));
  EXPECT_THAT([&] { parse_json<Json>(std::string("[1, [], {}, 2]"), bounds); },
              ThrowsMessage<Error>("has more than 4 JSON values"));
  EXPECT_THAT([&] { parse_json<Json>(std::string(R"({"a": 1, "b": 2, "c": 3})"), bounds); },
              ThrowsMessage<Error>("has a JSON object with more than 2 keys"));
}

}  // namespace
}  // namespace deepcache_gen
