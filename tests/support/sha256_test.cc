#include "support/sha256.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/error.h"
#include "support/temporary_folder.h"

namespace deepcache_gen {
namespace {

// The digests are the examples of NIST's FIPS 180-4 (empty, "abc", a million times "a").
TEST(Sha256OfFile, EqualsThePublishedExamples) {
  const TemporaryFolder folder;
  write_text(folder / "empty", "");
  write_text(folder / "abc", "abc");
  write_text(folder / "million", std::string(1'000'000, 'a'));
  EXPECT_EQ(sha256_of_file(folder / "empty"), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(sha256_of_file(folder / "abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(sha256_of_file(folder / "million"), "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST(Sha256OfFile, ReadsFilesOfWholeBlocks) {
  const TemporaryFolder folder;
  write_text(folder / "block", std::string(1 << 20, '\0'));
  EXPECT_EQ(sha256_of_file(folder / "block"), "30e14955ebf1352266dc2ff8067e68104607e750abb9d3b36582b8af909fcb58");
}

TEST(Sha256OfFile, NamesWhatCannotBeRead) {
  const TemporaryFolder folder;
  EXPECT_THAT([&] { sha256_of_file(folder / "absent"); }, testing::ThrowsMessage<Error>(testing::HasSubstr("absent")));
  EXPECT_THROW(sha256_of_file(folder.path()), Error);
}

}  // namespace
}  // namespace deepcache_gen
