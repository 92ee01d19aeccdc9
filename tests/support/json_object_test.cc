#include "support/json_object.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/deep_json.h"
#include "support/error.h"
#include "support/temporary_folder.h"

namespace deepcache_gen {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::ThrowsMessage;

const JsonObject kObject(nlohmann::json::parse(R"({
  "name": "x", "count": 3, "rate": 0.5, "on": true, "nothing": null, "inner": {"n": 9}, "list": [{"a": 1}, 2],
  "words": ["x", "y"]
})"),
                         "model.json");

TEST(JsonObject, ReadsFields) {
  EXPECT_EQ(kObject.string("name"), "x");
  EXPECT_EQ(kObject.integer("count"), 3);
  EXPECT_EQ(kObject.number("rate"), 0.5);
  EXPECT_EQ(kObject.number("count"), 3.0);
  EXPECT_TRUE(kObject.boolean("on"));
  EXPECT_EQ(kObject.object("inner").integer("n"), 9);
  EXPECT_THAT(kObject.strings("words"), testing::ElementsAre("x", "y"));
  EXPECT_TRUE(kObject.has("rate"));
  EXPECT_FALSE(kObject.has("nothing"));
  EXPECT_FALSE(kObject.has("absent"));
}

TEST(JsonObject, NamesFileFieldAndProblem) {
  EXPECT_THAT([] { kObject.string("absent"); },
              ThrowsMessage<Error>(AllOf(HasSubstr("model.json: absent: is missing"), HasSubstr("export"))));
  EXPECT_THAT([] { kObject.integer("rate"); }, ThrowsMessage<Error>(HasSubstr("expected an integer, found 0.5")));
  EXPECT_THAT([] { kObject.object("inner").integer("m"); },
              ThrowsMessage<Error>(HasSubstr("model.json: inner: m: is missing")));
  EXPECT_THAT([] { kObject.objects("list"); }, ThrowsMessage<Error>(HasSubstr("list[1]: expected an object, found 2")));
  EXPECT_THAT([] { kObject.strings("name"); }, ThrowsMessage<Error>(HasSubstr("a list of strings, found \"x\"")));
  EXPECT_THAT([] { kObject.strings("list"); }, ThrowsMessage<Error>(HasSubstr("list: expected a list of strings")));
  EXPECT_THAT([] { kObject.integer_between("count", 4, 8); }, ThrowsMessage<Error>(HasSubstr("is 3, expected 4 to 8")));
  EXPECT_THAT([] { kObject.string_of("name", {"a", "b"}); }, ThrowsMessage<Error>(HasSubstr("expected one of: a b")));
}

TEST(JsonObject, ReportsAFileThatIsNotThere) {
  EXPECT_THAT([] { JsonObject::from_file("/no/such/model.json"); },
              ThrowsMessage<Error>(HasSubstr("/no/such/model.json")));
}

TEST(JsonObject, ReportsAnIntegerThatDoesNotFit) {
  const JsonObject object(nlohmann::json::parse(R"({"low": -9223372036854775809, "high": 9223372036854775808})"), "x");
  EXPECT_THAT([&] { object.integer("high"); }, ThrowsMessage<Error>(HasSubstr("is too large: 9223372036854775808")));
  EXPECT_THAT([&] { object.integer("low"); }, ThrowsMessage<Error>(HasSubstr("expected an integer, found -9.22")));
}

TEST(JsonObject, ReportsATextThatIsTooLong) {
  const JsonObject object({{"most", std::string(1000, 'a')}, {"more", std::string(1001, 'a')}}, "x");
  EXPECT_EQ(object.string("most").size(), 1000u);
  EXPECT_THAT([&] { object.string("more"); }, ThrowsMessage<Error>(HasSubstr("x: more: is longer than 1000 bytes")));
}

TEST(JsonObject, MessagesAreOnePrintableLine) {
  const JsonObject object(nlohmann::json::parse(R"({"a\u001b\n": "\u001b]0;x\u0007\u202e"})"), "x");
  EXPECT_THAT(
      [&] { object.integer("a\x1b\n"); },
      ThrowsMessage<Error>(HasSubstr("x: a\\x1b\\n: expected an integer, found \"\\u001b]0;x\\u0007\\u202e\"")));
}

TEST(JsonObject, ReportsAFileThatHoldsNoObject) {
  const TemporaryFolder folder;
  const std::filesystem::path file = folder / "model.json";
  const auto refused_for = [&](const std::string& text, const std::string& problem) {
    write_text(file, text);
    EXPECT_THAT([&] { JsonObject::from_file(file); },
                ThrowsMessage<Error>(file.string() + ": " + problem + "; export the model again"));
  };
  refused_for("[]", "is not a JSON object");
  refused_for("{", "is not valid JSON");
  refused_for(R"({"name": )" + deep_json(500'000) + "}", "has JSON nested more than 100 levels deep");
}

}  // namespace
}  // namespace deepcache_gen
