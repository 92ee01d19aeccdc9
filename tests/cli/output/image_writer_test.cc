#include "cli/output/image_writer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

#include "cli/output/example_run.h"
#include "support/atomic_file.h"
#include "support/temporary_folder.h"

namespace deepcache_gen {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

void hand_over(ImageWriter& writer, const Picture& picture, const GeneratedImage& image) {
  write_file_atomically(picture.file, picture_png(example_run(), picture, image));
  writer.hand_over(example_run(), picture, image);
}

TEST(ImageWriter, PrintsThePathOfAPicture) {
  const TemporaryFolder folder;
  std::ostringstream out;
  ImageWriter writer({}, Results(out));
  hand_over(writer, example_picture(folder / "new/0.png"), example_image(0));
  EXPECT_EQ(out.str(), (folder / "new/0.png").string() + "\n");
  EXPECT_THAT(read_text(folder / "new/0.png"), HasSubstr(std::string("tEXtparameters\0a boat\nSteps: 4,", 31)));
  EXPECT_EQ(entries(folder / "new"), 1);

  hand_over(writer, example_picture(folder / "new/1.png", 1), example_image(1));
  EXPECT_THAT(read_text(folder / "new/1.png"), HasSubstr("Seed: 8,"));
}

TEST(ImageWriter, PrintsRecordsAndWritesLatentsWhereWanted) {
  const TemporaryFolder folder;
  std::ostringstream out;
  OutputOptions options;
  options.latents = folder / "latents.npy";
  options.json = true;
  ImageWriter writer(options, Results(out));
  const Picture picture = example_picture(folder / "7.png");
  hand_over(writer, picture, example_image());
  EXPECT_THAT(out.str(), StartsWith("{\"path\":\"" + (folder / "7.png").string() + "\","));
  EXPECT_THAT(read_text(folder / "latents.npy"), HasSubstr(" 1, 2, 1, 2)"));

  out.str("");
  writer.report_failure(picture, "scenes", "no memory");
  EXPECT_THAT(out.str(), HasSubstr("\"error\":\"no memory\"}\n"));
}

TEST(ImageWriter, PrintsOnlyPicturesThatWereMadeWithoutJson) {
  const TemporaryFolder folder;
  std::ostringstream out;
  const ImageWriter writer({}, Results(out));
  writer.report_failure(example_picture("x.png"), "scenes", "no memory");
  writer.report_skipped(example_picture("x.png"), "scenes");
  writer.report_bad_line(0, "p.txt:1", "what?");
  EXPECT_EQ(out.str(), "");
}

}  // namespace
}  // namespace deepcache_gen
