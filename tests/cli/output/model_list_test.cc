#include "cli/output/model_list.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <sstream>

namespace deepcache_gen {
namespace {

using Json = nlohmann::json;

ListedModel model(const std::string& name, std::uintmax_t bytes) {
  ModelInfo info;
  info.family = "stable-diffusion";
  info.dtype = "float16";
  info.default_width = 512;
  info.default_height = 768;
  info.files = {{"a", {bytes - 1, ""}}, {"b", {1, ""}}};
  return {name, "/models/" + name, info, ""};
}

const ListedModel kBroken{"broken", "/models/broken", {}, "model.json: is missing"};

TEST(ModelList, IsInColumnsTwoSpacesApart) {
  EXPECT_EQ(model_list_text({model("a", 13'251'099), model("my model", 2'130'000'000)}),
            "a         stable-diffusion  512x768  float16  13 MB   /models/a\n"
            "my model  stable-diffusion  512x768  float16  2.1 GB  /models/my model");
}

TEST(ModelList, ANetHasNoSizeOfItsOwn) {
  ListedModel net = model("edges", 2'000'000);
  net.info->control_net = ControlNetInfo{};
  EXPECT_EQ(model_list_text({net}), "edges  stable-diffusion (control net)  any size  float16  2 MB  /models/edges");
  EXPECT_EQ(Json::parse(model_list_json({net})), Json::parse(R"([
    {"name": "edges", "folder": "/models/edges", "family": "stable-diffusion", "control_net": true,
     "dtype": "float16", "bytes": 2000000}])"));
}

TEST(ModelList, SaysWhyAModelCanNotBeUsed) {
  EXPECT_EQ(model_list_text({kBroken}), "broken  can't be used: model.json: is missing");
  // A long problem does not push the columns of the others apart.
  EXPECT_THAT(model_list_text({kBroken, model("a", 1'000'000)}),
              testing::HasSubstr("a       stable-diffusion  512x768  float16  1 MB  /models/a"));
}

TEST(ModelList, ShowsTextOfOthersSpelledOut) {
  ListedModel listed = model("a\nb", 1'000'000);
  listed.info->family = "\x1b[2J\u202e";
  EXPECT_EQ(model_list_text({listed, {"c\x7f", "/c", {}, "bad\nerror: fake"}}),
            "a\\nb   \\x1b[2J\\u202e  512x768  float16  1 MB  /models/a\\nb\n"
            "c\\x7f  can't be used: bad\\nerror: fake");
}

TEST(ModelList, SizesChangeUnitsWithoutFourDigits) {
  EXPECT_THAT(model_list_text({model("a", 999'400'000)}), testing::HasSubstr("  999 MB  "));
  EXPECT_THAT(model_list_text({model("a", 999'700'000)}), testing::HasSubstr("  1.0 GB  "));
}

TEST(ModelList, AsJsonIsOneArrayOnOneLine) {
  const std::string text = model_list_json({model("a", 7), kBroken});
  EXPECT_EQ(text.find('\n'), std::string::npos);
  EXPECT_EQ(Json::parse(text), Json::parse(R"([
    {"name": "a", "folder": "/models/a", "family": "stable-diffusion", "width": 512, "height": 768,
     "dtype": "float16", "bytes": 7},
    {"name": "broken", "folder": "/models/broken", "error": "model.json: is missing"}])"));
  EXPECT_EQ(model_list_json({}), "[]");
}

TEST(ModelList, NamesThatAreNotUtf8DoNotBreakTheJson) {
  EXPECT_EQ(Json::parse(model_list_json({model("a\xff", 7)}))[0]["name"], "a\xef\xbf\xbd");
}

}  // namespace
}  // namespace deepcache_gen
