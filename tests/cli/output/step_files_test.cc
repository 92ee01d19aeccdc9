#include "cli/output/step_files.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "cli/output/example_run.h"
#include "image/picture_texts.h"
#include "support/error.h"
#include "support/temporary_folder.h"

namespace deepcache_gen {
namespace {

TEST(TraceFile, WritesALineForEveryStepAtOnce) {
  const TemporaryFolder folder;
  write_text(folder / "trace", "older\n");
  TraceFile trace(folder / "trace");
  trace.add({example_picture("a.png"), example_picture("b.png", 1)},
            {1, 4, {StepKind::cached}, 0.25, 2, Movement{0.5, {}}});
  const auto line = nlohmann::json::parse(read_text(folder / "trace"));
  EXPECT_EQ(line, nlohmann::json::parse(R"({"pictures": ["a.png", "b.png"], "step": 1, "timestep": 501.0, "sigma": 6.5,
    "kind": "cached", "branch": 0, "halves": 2, "milliseconds": 250.0, "latents_movement": 0.5, "deep_feature_movement": null})"));
}

TEST(TraceFile, SaysWhereItCanNotBeWritten) {
  EXPECT_THROW(TraceFile("/proc/none/trace"), Error);
  TraceFile full("/dev/full");
  EXPECT_THROW(full.add({example_picture("a.png")}, {0, 4, {StepKind::full}, 0.25, 1, {}}), NoMoreOutput);
}

using testing::HasSubstr;
using testing::ThrowsMessage;

class StepFilesTest : public testing::Test {
 protected:
  StepFilesTest() { model_.preview = PreviewMap{}; }

  StepFiles files(const OutputOptions& options) const { return StepFiles(options, model_); }
  OutputOptions preview(int every = 5) const { return {.preview = folder_ / "preview.png", .preview_every = every}; }

  TemporaryFolder folder_;
  ModelInfo model_{.folder = "models/old"};
  const Image image_ = example_image().image;
};

TEST_F(StepFilesTest, AskForNothingUnlessWanted) {
  const Curiosity curiosity = files({}).curiosity();
  EXPECT_FALSE(curiosity.movement);
  EXPECT_EQ(curiosity.preview_every, 0);
}

TEST_F(StepFilesTest, AskForWhatTheyWrite) {
  EXPECT_TRUE(files({.trace = folder_ / "trace"}).curiosity().movement);
  EXPECT_EQ(files(preview(3)).curiosity().preview_every, 3);
}

TEST_F(StepFilesTest, ReplaceThePreview) {
  StepFiles step_files = files(preview());
  EXPECT_FALSE(std::filesystem::exists(folder_ / "preview.png"));
  step_files.show(image_);
  step_files.show(image_);
  EXPECT_EQ(read_text(folder_ / "preview.png").substr(1, 3), "PNG");
  EXPECT_NO_THROW(files(preview())) << "an earlier preview may be replaced";
}

TEST_F(StepFilesTest, DoNotReplaceAnythingElse) {
  write_text(folder_ / "preview.png", "a photo");
  EXPECT_THAT([&] { files(preview()); }, ThrowsMessage<UsageError>(HasSubstr("is there and is no preview")));
  OutputOptions options = preview();
  options.overwrite = true;
  EXPECT_NO_THROW(files(options));
}

TEST_F(StepFilesTest, NeedAModelThatSaysHow) {
  model_.preview.reset();
  EXPECT_THAT([&] { files(preview()); },
              ThrowsMessage<UsageError>(HasSubstr("--preview: models/old/model.json has no map")));
}

TEST_F(StepFilesTest, NeedAPositiveNumberOfSteps) {
  EXPECT_THAT([&] { files(preview(0)); }, ThrowsMessage<UsageError>(HasSubstr("--preview-every 0")));
}

TEST_F(StepFilesTest, GiveThePreviewUpAfterAFailure) {
  StepFiles step_files = files(preview());
  std::filesystem::create_directory(folder_ / "preview.png");
  EXPECT_THROW(step_files.show(image_), Error);
  EXPECT_NO_THROW(step_files.show(image_));
  EXPECT_EQ(step_files.curiosity().preview_every, 0);
}

}  // namespace

}  // namespace deepcache_gen
