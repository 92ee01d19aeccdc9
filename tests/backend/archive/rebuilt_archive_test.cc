#include "backend/archive/rebuilt_archive.h"

#include <gtest/gtest.h>

#include <vector>

#include "backend/archive/made_archive.h"

namespace deepcache_gen {
namespace {

TEST(RebuiltArchive, IsAnArchiveOfTheRecords) {
  const std::vector<std::byte> bytes = make_archive({{"a", "some"}, {"b/c", ""}, {"d", "text"}});
  const ArchiveRecords records = read_archive_records(bytes);
  ASSERT_EQ(records.size(), 3u);
  EXPECT_EQ(records.at("b/c").size, 0u);
  EXPECT_EQ(std::string(reinterpret_cast<const char*>(&bytes[records.at("d").position]), 4), "text");
}

TEST(RebuiltArchive, IsReadInPiecesOfAnySize) {
  const std::string text = "numbers and code";
  const ArchiveRecords records{{"data/0", {0, 7}}, {"code", {12, 4}}};
  const RebuiltArchive archive(std::as_bytes(std::span(text)), records);
  std::vector<char> whole(archive.size()), pieces(archive.size());
  EXPECT_EQ(archive.read(0, whole.data(), whole.size() + 100), whole.size());
  for (std::size_t size = 1; size < 50; ++size) {
    for (std::size_t i = 0; i < pieces.size(); i += size) archive.read(i, &pieces[i], size);
    EXPECT_EQ(pieces, whole) << size;
  }
  EXPECT_EQ(archive.read(archive.size(), whole.data(), 1), 0u);
}

TEST(RebuiltArchive, TellsWhereItsRecordsLie) {
  const std::string text = "numbers";
  const RebuiltArchive archive(std::as_bytes(std::span(text)), {{"data/0", {0, 7}}});
  ASSERT_EQ(archive.places().size(), 1u);
  std::string read(7, ' ');
  archive.read(archive.places().begin()->first, read.data(), 7);
  EXPECT_EQ(read, text);
}

}  // namespace
}  // namespace deepcache_gen
