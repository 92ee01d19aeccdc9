#include "pipeline/tile_choice.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <new>
#include <stdexcept>
#include <vector>

#include "support/gibibyte.h"

namespace deepcache_gen {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

// Tries work on pictures and notes with which tiles.
class TileChoiceTest : public testing::Test {
 protected:
  TileChoice choice(std::int64_t free_bytes) { return {model_, {c10::kCPU, c10::ScalarType::Float}, free_bytes}; }
  int tile_of(TileChoice& choice, int side, std::optional<int> asked = {}) {
    return choice.run(side, side, asked, warn_, [](std::optional<int> tile) { return tile.value_or(0); });
  }

  ModelInfo model_{.vae = {.sample_size = 768}};
  std::vector<std::string> warnings_;
  const TileChoice::Warn warn_ = [this](const std::string& message) { warnings_.push_back(message); };
};

TEST_F(TileChoiceTest, TakesAWholePictureThatFits) {
  TileChoice plenty = choice(1024 * kGibibyte);
  EXPECT_EQ(tile_of(plenty, 4096), 0);
  EXPECT_THAT(warnings_, ElementsAre());
}

TEST_F(TileChoiceTest, TakesTilesWhereItDoesNotFitAndSaysSoOnce) {
  TileChoice little = choice(2 * kGibibyte);
  EXPECT_EQ(tile_of(little, 4096), 512);
  EXPECT_EQ(tile_of(little, 2048), 512);
  EXPECT_THAT(warnings_, ElementsAre(AllOf(HasSubstr("4096x4096 is too large for the VAE in 2.0 GiB of memory"),
                                           HasSubstr("tiles of 512 pixels"))));
}

TEST_F(TileChoiceTest, TakesASmallPictureWholeInAnyCase) {
  TileChoice none = choice(0);
  EXPECT_EQ(tile_of(none, 512), 0);
  EXPECT_THAT(warnings_, ElementsAre());
}

TEST_F(TileChoiceTest, TakesWhatIsAskedFor) {
  TileChoice none = choice(0);
  EXPECT_EQ(tile_of(none, 4096, 1024), 1024);
  EXPECT_THAT(warnings_, ElementsAre());
}

TEST_F(TileChoiceTest, TriesTilesWhereMemoryTurnsOutToBeTooLittle) {
  TileChoice plenty = choice(1024 * kGibibyte);
  std::vector<int> tried;
  const auto fails_whole = [&](std::optional<int> tile) {
    tried.push_back(tile.value_or(0));
    if (!tile) throw std::bad_alloc();
    return *tile;
  };
  EXPECT_EQ(plenty.run(2048, 64, {}, warn_, fails_whole), 512);
  EXPECT_THAT(tried, ElementsAre(0, 512));
  EXPECT_EQ(warnings_.size(), 1u);
  EXPECT_THROW(plenty.run(512, 512, {}, warn_, fails_whole), std::bad_alloc) << "tiles would be no smaller";
}

TEST_F(TileChoiceTest, LeavesOtherProblemsAndTilesThatDoNotFitEither) {
  TileChoice plenty = choice(1024 * kGibibyte);
  const auto out_of_memory = [](std::optional<int>) -> int { throw OutOfMemory("cuda:0: not enough"); };
  const auto broken = [](std::optional<int>) -> int { throw Error("vae_decoder.pt: broken"); };
  EXPECT_THROW(plenty.run(2048, 2048, {}, warn_, out_of_memory), OutOfMemory);
  EXPECT_THROW(plenty.run(2048, 2048, 1024, warn_, out_of_memory), OutOfMemory);
  EXPECT_THAT([&] { plenty.run(2048, 2048, {}, warn_, broken); },
              testing::ThrowsMessage<Error>("vae_decoder.pt: broken"));
}

TEST_F(TileChoiceTest, CountsLessForSmallerTypesAndVaes) {
  const std::int64_t full = vae_bytes(model_, {c10::kCPU, c10::ScalarType::Float}, 1 << 20);
  EXPECT_EQ(vae_bytes(model_, {c10::kCPU, c10::ScalarType::BFloat16}, 1 << 20), full / 2);
  model_.vae.force_upcast = true;
  EXPECT_EQ(vae_bytes(model_, {c10::kCPU, c10::ScalarType::Half}, 1 << 20), full) << "it runs in float32";
  model_.vae.is_tiny = true;
  EXPECT_LT(vae_bytes(model_, {c10::kCPU, c10::ScalarType::Float}, 1 << 20), full);
}

}  // namespace
}  // namespace deepcache_gen
