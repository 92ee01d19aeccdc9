#include "backend/mapped_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <string>
#include <string_view>

#include "support/error.h"

namespace deepcache_gen {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::ThrowsMessage;

std::filesystem::path write_file(const std::string& name, const std::string& content) {
  const std::filesystem::path file = std::filesystem::path(testing::TempDir()) / name;
  std::ofstream(file, std::ios::binary) << content;
  return file;
}

std::string_view content_of(const MappedFile& file) {
  return {reinterpret_cast<const char*>(file.data()), file.size()};
}

// More than a page, and not a whole number of them.
std::string long_content() {
  std::string content;
  for (int line = 0; line < 10'000; ++line) content += std::to_string(line) + '\n';
  return content;
}

TEST(MappedFile, HasTheContentOfTheFile) {
  const std::string content = long_content();
  EXPECT_EQ(content_of(MappedFile(write_file("mapped_content", content))), content);
}

TEST(MappedFile, HasItsContentAfterItsPagesAreDropped) {
  const std::string content = long_content();
  const MappedFile file(write_file("mapped_dropped", content));
  ASSERT_EQ(content_of(file), content);
  file.drop_pages();
  EXPECT_EQ(content_of(file), content);
}

TEST(MappedFile, OutlivesTheNameOfTheFile) {
  const std::filesystem::path name = write_file("mapped_removed", "still here");
  const MappedFile file(name);
  std::filesystem::remove(name);
  EXPECT_EQ(content_of(file), "still here");
}

TEST(MappedFile, CanBeEmpty) {
  const MappedFile file(write_file("mapped_empty", ""));
  EXPECT_EQ(file.size(), 0u);
  file.drop_pages();
}

TEST(MappedFile, NamesAFileThatIsMissing) {
  EXPECT_THAT([] { MappedFile("/nowhere/model.pt"); },
              ThrowsMessage<Error>(AllOf(HasSubstr("/nowhere/model.pt"), HasSubstr("No such file"))));
}

TEST(MappedFile, NamesAFolder) {
  EXPECT_THAT([] { MappedFile(testing::TempDir()); }, ThrowsMessage<Error>(HasSubstr(testing::TempDir())));
}

}  // namespace
}  // namespace deepcache_gen
