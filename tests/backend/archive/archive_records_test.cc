#include "backend/archive/archive_records.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>
#include <string_view>

#include "backend/archive/made_archive.h"
#include "support/error.h"

namespace deepcache_gen {
namespace {

using testing::HasSubstr;
using testing::ThrowsMessage;

class ArchiveRecordsTest : public testing::Test {
 protected:
  std::vector<std::byte> bytes_ = make_archive({{"data.pkl", "values"}, {"data/0", "numbers"}, {"version", "3\n"}});

  // The first (or last) place of a text.
  std::size_t find(std::string_view text, bool last = false) const {
    const std::string_view all(reinterpret_cast<const char*>(bytes_.data()), bytes_.size());
    return last ? all.rfind(text) : all.find(text);
  }
  void write(std::size_t position, std::string_view text) { std::memcpy(&bytes_[position], text.data(), text.size()); }
  void expect_refused(const std::string& words) const {
    EXPECT_THAT([&] { read_archive_records(bytes_); }, ThrowsMessage<Error>(HasSubstr(words)));
  }
};

TEST_F(ArchiveRecordsTest, AreFoundByNameWithTheirBytes) {
  std::map<std::string, std::string> texts;
  for (const auto& [name, record] : read_archive_records(bytes_)) {
    texts[name] = std::string(reinterpret_cast<const char*>(&bytes_[record.position]), record.size);
  }
  EXPECT_EQ(texts,
            (std::map<std::string, std::string>{{"data.pkl", "values"}, {"data/0", "numbers"}, {"version", "3\n"}}));
}

TEST_F(ArchiveRecordsTest, MayNotBeCutShort) {
  for (std::size_t size = 0; size < bytes_.size(); ++size) {
    EXPECT_THROW(read_archive_records({bytes_.data(), size}), Error) << size;
  }
}

TEST_F(ArchiveRecordsTest, MayNotBeFollowedByAnything) {
  bytes_.push_back(std::byte{0});
  EXPECT_THROW(read_archive_records(bytes_), Error);
}

// Whatever is changed, what is returned lies in the file.
TEST_F(ArchiveRecordsTest, LieInTheFileWhateverIsChanged) {
  for (std::size_t i = 0; i < bytes_.size(); ++i) {
    for (const std::uint8_t value : {0x00, 0x01, 0x7f, 0xff}) {
      std::vector<std::byte> changed = bytes_;
      changed[i] = std::byte{value};
      try {
        for (const auto& [name, record] : read_archive_records(changed)) {
          EXPECT_LE(record.position, changed.size());
          EXPECT_LE(record.size, changed.size() - record.position) << name << " with " << i;
        }
      } catch (const Error&) {
        continue;
      }
    }
  }
}

TEST_F(ArchiveRecordsTest, MayNotBeCompressed) {
  write(find("archive/data/0", /*last=*/true) - 46 + 10, {"\x08", 1});
  expect_refused("'archive/data/0' is compressed");
}

TEST_F(ArchiveRecordsTest, MayNotBeEncrypted) {
  write(find("archive/data/0", /*last=*/true) - 46 + 8, {"\x01", 1});
  expect_refused("'archive/data/0' is encrypted");
}

TEST_F(ArchiveRecordsTest, HaveOneNameEach) {
  write(find("archive/data/0"), "archive/data/1");
  expect_refused("another name where it lies");
}

// LibTorch would find either by the name of the other.
TEST_F(ArchiveRecordsTest, HaveNamesThatDifferInMoreThanCase) {
  bytes_ = make_archive({{"constants/A", "12"}, {"constants/a", "1234"}});
  expect_refused("two records");
}

TEST_F(ArchiveRecordsTest, MayNotOverlap) {
  // The directory says of "version" that it lies where "data/0" does, whose header is given that name.
  bytes_ = make_archive({{"a", "12"}, {"b", "12"}});
  const std::size_t header = find("archive/b", /*last=*/true) + 9 + 4 + 16;
  write(header, std::string_view("\0\0\0\0\0\0\0\0", 8));
  write(find("archive/a"), "archive/b");
  expect_refused("another name");
  write(find("archive/a", /*last=*/true), "archive/c");
  write(find("archive/c", /*last=*/true), "archive/b");
  expect_refused("two records");
}

TEST_F(ArchiveRecordsTest, MayNotLeaveTheirFolder) {
  for (const std::string& name :
       {std::string("../x"), std::string("a/../../x"), std::string("a//b"), std::string("a\\b"), std::string("a\nb"),
        std::string("a/"), std::string(2000, 'a'), std::string()}) {
    bytes_ = make_archive({{name, "text"}});
    expect_refused("record");
  }
}

TEST_F(ArchiveRecordsTest, AreNotCountedAsTheFileSays) {
  write(find("PK\x06\x06") + 32, "\xff\xff\xff\xff\xff\xff\xff\x7f");
  expect_refused("records");
}

}  // namespace
}  // namespace deepcache_gen
