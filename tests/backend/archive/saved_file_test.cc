#include "backend/archive/saved_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "backend/archive/made_saved_file.h"
#include "backend/archive/refusal.h"

namespace deepcache_gen {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::ThrowsMessage;

std::vector<float> numbers_in(const SavedTensor& tensor, std::map<std::string, std::string> more = {}) {
  const std::string content = make_saved_file(pickled_tensor(tensor), std::move(more));
  const SavedFile file(std::as_bytes(std::span(content)));
  return file.numbers(std::get<PickleTensor>(file.value().value));
}

void expect_numbers_refused(const SavedTensor& tensor, const std::string& words,
                            const std::map<std::string, std::string>& more = {}) {
  EXPECT_THAT([&] { numbers_in(tensor, more); }, ThrowsMessage<RefusedArchive>(HasSubstr(words)));
}

TEST(SavedFile, HasTheNumbersOfItsTensors) {
  EXPECT_THAT(numbers_in({}), ElementsAre(0, 1, 2, 3, 4, 5));
  EXPECT_THAT(numbers_in({.offset = 2, .sizes = {3}, .strides = {1}}), ElementsAre(2, 3, 4));
  EXPECT_THAT(numbers_in({.sizes = {3, 2}, .strides = {1, 3}}), ElementsAre(0, 3, 1, 4, 2, 5)) << "turned";
  EXPECT_THAT(numbers_in({.sizes = {1, 6}, .strides = {1000, 1}}), ElementsAre(0, 1, 2, 3, 4, 5));
  EXPECT_THAT(numbers_in({.sizes = {4}, .strides = {0}}), ElementsAre(0, 0, 0, 0));
  EXPECT_THAT(numbers_in({.sizes = {0, 6}, .strides = {6, 1}}), IsEmpty());
  EXPECT_THAT(numbers_in({.sizes = {}, .strides = {}}), ElementsAre(0));
}

TEST(SavedFile, RefusesNumbersThatAreNotThere) {
  expect_numbers_refused({.offset = 1}, "beyond its record");
  expect_numbers_refused({.sizes = {2, 3}, .strides = {4, 1}}, "beyond its record");
  expect_numbers_refused({.offset = -1}, "beyond its record");
  expect_numbers_refused({.sizes = {-2, 3}}, "beyond its record");
  expect_numbers_refused({.strides = {-3, 1}}, "beyond its record");
  expect_numbers_refused({.sizes = {1'000'000'000, 1'000'000'000}, .strides = {0, 0}}, "beyond its record");
  expect_numbers_refused({.sizes = {7}, .strides = {0}}, "beyond its record");
  expect_numbers_refused({.sizes = {2, 3, 1}}, "strides");
  expect_numbers_refused({.count = 1'000'000'000}, "has 24 bytes for 1000000000 numbers");
  expect_numbers_refused({.count = -6}, "numbers");
  expect_numbers_refused({.record = "1"}, "no record 'data/1'");
  expect_numbers_refused({.type = "LongStorage", .count = 3}, "torch.LongStorage");
}

TEST(SavedFile, HasItsLowestBytesFirst) {
  EXPECT_THAT(numbers_in({}, {{"byteorder", "little"}}), ElementsAre(0, 1, 2, 3, 4, 5));
  expect_numbers_refused({}, "highest byte first", {{"byteorder", "big"}});
}

TEST(SavedFile, KnowsItsBeginning) {
  EXPECT_TRUE(begins_as_saved_file(make_saved_file("N")));
  EXPECT_FALSE(begins_as_saved_file(pickle("N")));
  EXPECT_TRUE(begins_as_pickle(pickle("N")));
  EXPECT_FALSE(begins_as_pickle(make_saved_file("N")));
}

TEST(SavedFile, HasValuesOrIsNone) {
  const std::string none = make_saved_file("cos\nsystem\n");
  EXPECT_THAT([&] { SavedFile{std::as_bytes(std::span(none))}; },
              ThrowsMessage<RefusedArchive>(HasSubstr("os.system")));
}

}  // namespace
}  // namespace deepcache_gen
