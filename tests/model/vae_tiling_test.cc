// Tiles against diffusers'; tests/golden/make_vae_tiles_golden.py writes and explains the numbers.

#include "model/vae_tiling.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>

namespace deepcache_gen {
namespace {

constexpr std::int64_t kScale = 2;

const nlohmann::json& golden_tiles() {
  static const nlohmann::json parsed = [] {
    std::ifstream file(GOLDEN_DIR "/vae_tiles.json");
    return nlohmann::json::parse(file);
  }();
  return parsed;
}

at::Tensor made_up_input(std::int64_t height, std::int64_t width) {
  const at::Tensor numbers = at::arange(height).view({-1, 1}) * 31 + at::arange(width).view({1, -1}) * 17;
  return ((numbers % 64) / 8.0).to(at::kFloat).unsqueeze(0);
}

at::Tensor made_up_half(bool decodes, const at::Tensor& tile) {
  const at::Tensor resized = decodes ? tile.repeat_interleave(kScale, 1).repeat_interleave(kScale, 2)
                                     : tile.slice(1, 0, tile.size(1), kScale).slice(2, 0, tile.size(2), kScale);
  const at::Tensor down = at::arange(resized.size(1), at::kFloat).view({-1, 1});
  const at::Tensor across = at::arange(resized.size(2), at::kFloat).view({1, -1});
  return resized + (down * 0.3 + across * 0.1).to(tile.scalar_type());
}

at::Tensor output_of(const nlohmann::json& golden_case) {
  std::vector<at::Tensor> rows;
  for (const auto& row : golden_case.at("output")) rows.push_back(at::tensor(row.get<std::vector<float>>()));
  return at::stack(rows).unsqueeze(0);
}

at::Tensor run_as(const nlohmann::json& golden_case) {
  const bool decodes = golden_case.at("decodes");
  const std::int64_t tile = golden_case.at("tile");
  const TileSides sides = decodes ? TileSides{tile, tile * kScale} : TileSides{tile * kScale, tile};
  const at::Tensor input = made_up_input(golden_case.at("height"), golden_case.at("width"))
                               .to(golden_case.at("dtype") == "bfloat16" ? at::kBFloat16 : at::kFloat);
  const auto run = [&](const at::Tensor& part) { return made_up_half(decodes, part); };
  return golden_case.at("fades") ? run_faded_tiles(input, sides, run) : run_blended_tiles(input, sides, run);
}

TEST(VaeTiling, EqualsDiffusersToTheBit) {
  ASSERT_GT(golden_tiles().size(), 30U);
  for (const nlohmann::json& golden_case : golden_tiles()) {
    SCOPED_TRACE(golden_case.dump().substr(0, 100));
    const at::Tensor expected = output_of(golden_case), actual = run_as(golden_case);
    EXPECT_EQ(actual.scalar_type(),
              golden_case.at("fades") || golden_case.at("dtype") == "float32" ? at::kFloat : at::kBFloat16);
    EXPECT_TRUE(at::equal(actual.to(at::kFloat), expected))
        << (actual.to(at::kFloat) - expected).abs().max().item<float>();
  }
}

TEST(VaeTiling, RunsAnInputOfOneTileWhole) {
  int runs = 0;
  const at::Tensor input = made_up_input(8, 5);
  const at::Tensor output = run_blended_tiles(input, {8, 8}, [&](const at::Tensor& tile) {
    ++runs;
    return tile;
  });
  EXPECT_EQ(runs, 1);
  EXPECT_TRUE(at::equal(output, input));
}

// A model may return its own weights, which are not to be written to.
TEST(VaeTiling, LeavesWhatARunReturnsAsItIs) {
  const at::Tensor ramp = made_up_input(8, 8), kept = ramp.clone();
  const auto run = [&](const at::Tensor& tile) { return ramp.narrow(1, 0, tile.size(1)).narrow(2, 0, tile.size(2)); };
  run_blended_tiles(at::zeros({1, 20, 20}), {8, 8}, run);
  run_faded_tiles(at::zeros({1, 20, 20}), {8, 8}, run);
  EXPECT_TRUE(at::equal(ramp, kept));
}

}  // namespace
}  // namespace deepcache_gen
