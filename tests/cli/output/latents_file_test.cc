#include "cli/output/latents_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/output/example_run.h"
#include "support/error.h"
#include "support/temporary_folder.h"

namespace deepcache_gen {
namespace {

using testing::HasSubstr;
using testing::ThrowsMessage;

TEST(LatentsFile, HasTheFinishedImagesAtAnyTime) {
  const TemporaryFolder folder;
  LatentsFile file(folder / "a/latents.npy");
  EXPECT_FALSE(std::filesystem::exists(folder / "a/latents.npy"));
  file.add(example_image(0).latents);
  EXPECT_THAT(read_text(folder / "a/latents.npy"), HasSubstr("(1, 2, 1, 2)"));
  file.add(example_image(1).latents);
  EXPECT_THAT(read_text(folder / "a/latents.npy"), HasSubstr("(2, 2, 1, 2)"));
  EXPECT_EQ(entries(folder / "a"), 1);
}

TEST(LatentsFile, RejectsOtherExtensionsAndPaths) {
  const TemporaryFolder folder;
  EXPECT_THAT([&] { LatentsFile(folder / "latents.pt"); }, ThrowsMessage<UsageError>(HasSubstr(".npy")));
  write_text(folder / "file", "");
  EXPECT_THAT([&] { LatentsFile(folder / "file/latents.npy"); }, ThrowsMessage<Error>(HasSubstr("file")));
}

}  // namespace
}  // namespace deepcache_gen
