#include "pipeline/size_note.h"

#include <gtest/gtest.h>

namespace deepcache_gen {
namespace {

using Sizes = std::vector<std::vector<int>>;

std::string said_of(const Sizes& trained, const Sizes& asked) {
  ModelInfo model;
  model.name = "m";
  model.default_width = model.default_height = 512;
  if (!trained.empty()) model.known_words = KnownWordsInfo{"boats", "words.txt", trained};
  SizeNote note(model);
  for (const std::vector<int>& size : asked) {
    GenerationPlan plan;
    plan.passes = {Pass{.width = size.front(), .height = size.back()}, Pass{.width = 4096, .height = 4096}};
    note.add(plan);
  }
  return note.text();
}

TEST(SizeNote, NamesTheFirstSizeThatTheModelDoesNotName) {
  EXPECT_EQ(said_of({{256, 256}}, {{256, 256}, {256, 320}, {512, 512}}),
            "m: trained on pictures of 256x256 only; at 256x320 what it draws may be cut off or repeated");
  EXPECT_EQ(said_of({{256, 256}, {256, 320}}, {{320, 256}}),
            "m: trained on pictures of 256x256, 256x320 only; at 320x256 what it draws may be cut off or repeated");
}

TEST(SizeNote, IsPatientWhereTheModelNamesNone) {
  EXPECT_EQ(said_of({}, {{512, 512}, {768, 768}, {512, 256}, {640, 1024}}), "");
  EXPECT_EQ(said_of({}, {{256, 256}}),
            "m: trained on pictures of sizes about 512x512; at 256x256 what it draws may be cut off or repeated");
  EXPECT_NE(said_of({}, {{1024, 1024}}), "");
}

TEST(SizeNote, SaysNothingOfLaterPassesAndOfNoPicture) {
  EXPECT_EQ(said_of({{256, 256}}, {{256, 256}}), "");
  EXPECT_EQ(said_of({{256, 256}}, {}), "");
}

}  // namespace
}  // namespace deepcache_gen
