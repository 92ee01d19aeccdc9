#include "backend/mapped_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

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

TEST(MappedFile, TellsWhetherItWasChanged) {
  const std::filesystem::path name = write_file("mapped_changed", long_content());
  const MappedFile file(name);
  EXPECT_NO_THROW(file.check_unchanged());
  std::filesystem::rename(name, name.string() + ".renamed");
  EXPECT_NO_THROW(file.check_unchanged()) << "another name is no other content";
  std::filesystem::last_write_time(name.string() + ".renamed", std::filesystem::file_time_type::clock::now());
  EXPECT_THAT([&] { file.check_unchanged(); },
              ThrowsMessage<Error>(AllOf(HasSubstr("mapped_changed"), HasSubstr("changed or cut short"))));
}

TEST(MappedFile, TellsWhetherItWasCutShort) {
  const std::filesystem::path name = write_file("mapped_cut", long_content());
  const MappedFile file(name);
  std::filesystem::resize_file(name, 10);
  EXPECT_EQ(content_of(file).find("9999"), std::string_view::npos);
  EXPECT_THROW(file.check_unchanged(), Error);
}

TEST(MappedFile, IsInTheStateThatIsExpected) {
  const std::filesystem::path name = write_file("mapped_expected", "some");
  const FileState state = file_state(name).value();
  EXPECT_NO_THROW(MappedFile(name, state));
  write_file("mapped_expected", "other");
  EXPECT_THAT([&] { MappedFile(name, state); }, ThrowsMessage<Error>(HasSubstr("changed or cut short")));
}

TEST(MappedFile, IsARegularFile) {
  EXPECT_THAT([] { MappedFile("/dev/zero"); }, ThrowsMessage<Error>(HasSubstr("/dev/zero: is no regular file")));
  const std::filesystem::path pipe = std::filesystem::path(testing::TempDir()) / "mapped_pipe";
  std::filesystem::remove(pipe);
  ASSERT_EQ(mkfifo(pipe.c_str(), 0600), 0);
  EXPECT_THAT([&] { MappedFile{pipe}; }, ThrowsMessage<Error>(HasSubstr("is no regular file")));
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
  EXPECT_THAT([] { MappedFile{testing::TempDir()}; }, ThrowsMessage<Error>(HasSubstr(testing::TempDir())));
}

}  // namespace
}  // namespace deepcache_gen
