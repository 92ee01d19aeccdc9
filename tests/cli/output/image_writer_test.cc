#include "cli/output/image_writer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

#include "cli/output/example_run.h"
#include "support/error.h"
#include "support/temporary_folder.h"

namespace deepcache_gen {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

TEST(ImageWriter, WritesEachImageAtOnceAndPrintsItsPath) {
  const TemporaryFolder folder;
  const RunFacts run = example_run(2);
  std::ostringstream out;
  OutputOptions options;
  options.images = (folder / "new/x.png").string();
  ImageWriter writer(options, run.plan.settings, Results(out));
  EXPECT_EQ(entries(folder / "new"), 0);

  writer.write(run, example_image(0));
  EXPECT_EQ(out.str(), (folder / "new/x_000.png").string() + "\n");
  EXPECT_THAT(read_text(folder / "new/x_000.png"), HasSubstr(std::string("tEXtparameters\0a boat\nSteps: 4,", 31)));
  EXPECT_EQ(entries(folder / "new"), 1);

  writer.write(run, example_image(1));
  EXPECT_THAT(read_text(folder / "new/x_001.png"), HasSubstr("Seed: 8,"));
}

TEST(ImageWriter, PrintsRecordsAndWritesLatentsWhereWanted) {
  const TemporaryFolder folder;
  const RunFacts run = example_run();
  std::ostringstream out;
  OutputOptions options;
  options.images = folder.path().string();
  options.latents = folder / "latents.npy";
  options.json = true;
  ImageWriter writer(options, run.plan.settings, Results(out));
  writer.write(run, example_image());
  EXPECT_THAT(out.str(), StartsWith("{\"path\":\"" + (folder / "7.png").string() + "\","));
  EXPECT_THAT(read_text(folder / "latents.npy"), HasSubstr("(1, 2, 1, 2)"));
}

TEST(ImageWriter, ChecksEveryPathBeforehand) {
  const TemporaryFolder folder;
  const RunFacts run = example_run(3);
  std::filesystem::create_directory(folder / "x_002.png");
  std::ostringstream out;
  OutputOptions options;
  options.images = (folder / "x.png").string();
  EXPECT_THAT([&] { ImageWriter(options, run.plan.settings, Results(out)); },
              testing::ThrowsMessage<Error>(HasSubstr("x_002.png: cannot be written: Is a directory")));
}

}  // namespace
}  // namespace deepcache_gen
