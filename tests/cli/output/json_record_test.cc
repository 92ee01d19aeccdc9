#include "cli/output/json_record.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "cli/output/example_run.h"

namespace deepcache_gen {
namespace {

TEST(JsonRecord, HasEveryFieldInOrderOnOneLine) {
  RunFacts run = example_run(2);
  run.plan.settings.prompt = "a \"boat\"\n\u6d77";
  EXPECT_EQ(
      json_record(run, example_image(1), "out/x.png"),
      "{\"path\":\"out/x.png\",\"prompt\":\"a \\\"boat\\\"\\n\u6d77\",\"negative_prompt\":null,\"seed\":8,"
      "\"width\":16,\"height\":8,\"steps\":4,\"sampler\":\"ddim\",\"scheduler\":\"discrete\",\"interval\":2,"
      "\"branch\":1,\"full_steps\":2,\"cached_steps\":2,\"model\":\"scenes\",\"device\":\"cpu\",\"dtype\":\"fp32\","
      "\"timing\":{\"load\":0.5,\"text\":0.25,\"denoise\":2.0,\"decode\":0.125,\"total\":2.875,\"full_step\":0.75,"
      "\"cached_step\":0.25}}");
}

TEST(JsonRecord, TellsUnsetFromEmptyAndNone) {
  RunFacts run = example_run();
  run.plan.settings.negative_prompt = "";
  GeneratedImage image = example_image();
  image.timing.cached_step = 0;
  const nlohmann::json record = nlohmann::json::parse(json_record(run, image, "x.png"));
  EXPECT_EQ(record["negative_prompt"], "");
  EXPECT_TRUE(record["timing"]["cached_step"].is_null());
}

TEST(JsonRecord, StaysUtf8) {
  const std::string text = json_record(example_run(), example_image(), "bad\xFF.png");
  EXPECT_EQ(nlohmann::json::parse(text)["path"], "bad\uFFFD.png");
}

}  // namespace
}  // namespace deepcache_gen
