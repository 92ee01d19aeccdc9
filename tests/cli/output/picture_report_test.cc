#include "cli/output/picture_report.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <sstream>

#include "cli/output/example_run.h"
#include "cli/output/picture_content.h"
#include "support/atomic_file.h"
#include "support/temporary_folder.h"

namespace deepcache_gen {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

void hand_over(PictureReport& writer, const Picture& picture, const GeneratedImage& image) {
  write_file_atomically(picture.file, picture_bytes(example_run(), picture, image));
  writer.add(example_run(), picture, image);
}

TEST(PictureReport, PrintsThePathOfAPicture) {
  const TemporaryFolder folder;
  std::ostringstream out;
  PictureReport writer({}, Results(out));
  hand_over(writer, example_picture(folder / "new/0.png"), example_image(0));
  EXPECT_EQ(out.str(), (folder / "new/0.png").string() + "\n");
  EXPECT_THAT(read_text(folder / "new/0.png"), HasSubstr(std::string("tEXtparameters\0a boat\nSteps: 4,", 31)));
  EXPECT_EQ(entries(folder / "new"), 1);

  hand_over(writer, example_picture(folder / "new/1.png", 1), example_image(1));
  EXPECT_THAT(read_text(folder / "new/1.png"), HasSubstr("Seed: 8,"));
}

TEST(PictureReport, PrintsRecordsAndWritesLatentsWhereWanted) {
  const TemporaryFolder folder;
  std::ostringstream out;
  OutputOptions options;
  options.latents = folder / "latents.npy";
  options.json = true;
  PictureReport writer(options, Results(out));
  const Picture picture = example_picture(folder / "7.png");
  hand_over(writer, picture, example_image());
  EXPECT_THAT(out.str(), StartsWith("{\"path\":\"" + (folder / "7.png").string() + "\","));
  EXPECT_THAT(read_text(folder / "latents.npy"), HasSubstr(" 1, 2, 1, 2)"));

  out.str("");
  writer.add_failure(picture, "no memory");
  EXPECT_THAT(out.str(), HasSubstr("\"error\":\"no memory\"}\n"));
}

TEST(PictureReport, PrintsOnlyPicturesThatWereMadeWithoutJson) {
  const TemporaryFolder folder;
  std::ostringstream out;
  const PictureReport writer({}, Results(out));
  writer.add_failure(example_picture("x.png"), "no memory");
  writer.add_skipped(example_picture("x.png"));
  writer.add_bad_line(0, "p.txt:1", "what?");
  EXPECT_EQ(out.str(), "");
}

using Json = nlohmann::json;

Picture picture_of(const std::string& prompt, int index = 0) {
  GenerationPlan plan = example_plan(2);
  plan.settings.prompt = prompt;
  return example_picture("out/x.png", index, plan);
}

TEST(JsonRecord, HasEveryFieldInOrderOnOneLine) {
  EXPECT_EQ(
      json_record(example_run(), picture_of("a \"boat\"\n\u6d77", 1), example_image(1).timing),
      "{\"path\":\"out/x.png\",\"prompt\":\"a \\\"boat\\\"\\n\u6d77\",\"negative_prompt\":null,\"seed\":8,"
      "\"width\":16,\"height\":8,\"steps\":4,\"guidance_scale\":7.5,\"sampler\":\"ddim\",\"scheduler\":\"discrete\","
      "\"interval\":2,"
      "\"branch\":1,\"full_steps\":2,\"cached_steps\":2,\"model\":\"scenes\",\"device\":\"cpu\",\"dtype\":\"fp32\","
      "\"timing\":{\"load\":0.5,\"text\":0.25,\"denoise\":2.0,\"decode\":0.125,\"total\":2.875,\"full_step\":0.75,"
      "\"cached_step\":0.25}}");
}

TEST(JsonRecord, TellsUnsetFromEmptyAndNone) {
  GenerationPlan plan = example_plan();
  plan.settings.negative_prompt = "";
  Timing timing = example_image().timing;
  timing.cached_step = 0;
  const Json record = Json::parse(json_record(example_run(), example_picture("x.png", 0, plan), timing));
  EXPECT_EQ(record["negative_prompt"], "");
  EXPECT_TRUE(record["timing"]["cached_step"].is_null());
}

TEST(JsonRecord, StaysUtf8) {
  const std::string text = json_record(example_run(), example_picture("bad\xFF.png"), {});
  EXPECT_EQ(Json::parse(text)["path"], "bad\uFFFD.png");
}

TEST(JsonRecord, SaysWhereInAListThePromptStands) {
  Picture picture = picture_of("a boat");
  picture.item = 3;
  picture.source = "prompts.txt:12";
  for (const std::string& text :
       {json_record(example_run(), picture, {}), skipped_record(picture), failure_record(picture, "no memory")}) {
    EXPECT_EQ(Json::parse(text)["item"], 3);
    EXPECT_EQ(Json::parse(text)["source"], "prompts.txt:12");
  }
}

TEST(JsonRecord, HasAnErrorOrSkippedInsteadOfTimes) {
  Picture picture = picture_of("a boat");
  const Json failure = Json::parse(failure_record(picture, "no memory"));
  EXPECT_EQ(failure["error"], "no memory");
  EXPECT_EQ(failure["path"], "out/x.png");
  EXPECT_FALSE(failure.contains("timing"));

  EXPECT_EQ(Json::parse(skipped_record(picture))["seed"], 7);
  picture.seed_chosen = false;
  const Json skipped = Json::parse(skipped_record(picture));
  EXPECT_EQ(skipped["skipped"], true);
  EXPECT_FALSE(skipped.contains("seed")) << "the picture that is there may have another";

  EXPECT_EQ(bad_line_record(2, "p.txt:4", "what?"), R"({"item":2,"source":"p.txt:4","error":"what?"})");
}

TEST(JsonRecord, TellsTimesToTheMicrosecond) {
  const Picture picture = example_picture("x.png");
  Timing timing;
  timing.denoise = 1.23456789;
  timing.full_step = 0.1 + 0.2;
  const Json record = Json::parse(json_record(example_run(), picture, timing));
  EXPECT_EQ(record["timing"]["denoise"].dump(), "1.234568");
  EXPECT_EQ(record["timing"]["full_step"].dump(), "0.3");
}

}  // namespace

}  // namespace deepcache_gen
