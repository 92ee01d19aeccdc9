#include "model/vae_tiling.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/zeros.h>

#include <algorithm>
#include <optional>
#include <vector>

namespace deepcache_gen {
namespace {

constexpr int kDown = 1, kAcross = 2;  // dimensions

// Where a tile lies in the input or output; cut at the border.
at::Tensor cut(const at::Tensor& whole, std::int64_t top, std::int64_t left, std::int64_t side) {
  return whole.narrow(kDown, top, std::min(side, whole.size(kDown) - top))
      .narrow(kAcross, left, std::min(side, whole.size(kAcross) - left));
}

// Of the first `count` rows or columns of a tile; y / count in double precision, as Python has it.
at::Tensor blend_weights(std::int64_t count, int dimension, const at::Tensor& like) {
  const at::Tensor weights = at::arange(count, like.options().dtype(c10::ScalarType::Double)) / count;
  return dimension == kDown ? weights.view({1, -1, 1}) : weights.view({1, 1, -1});
}

// Each product is rounded to the tile's dtype before they are added, as diffusers' is.
at::Tensor product(const at::Tensor& values, const at::Tensor& weights) {
  return (values.to(c10::ScalarType::Float) * weights.to(c10::ScalarType::Float)).to(values.scalar_type());
}

// The end of `before` passes into the beginning of `tile`, which is changed.
void blend(const at::Tensor& before, const at::Tensor& tile, int dimension, std::int64_t extent) {
  const std::int64_t count = std::min({before.size(dimension), tile.size(dimension), extent});
  const at::Tensor weights = blend_weights(count, dimension, tile);
  const at::Tensor old = before.narrow(dimension, before.size(dimension) - count, count);
  const at::Tensor fresh = tile.narrow(dimension, 0, count);
  fresh.copy_(product(old, 1 - weights) + product(fresh, weights));
}

at::Tensor output_for(const at::Tensor& input, const TileSides& sides, std::int64_t channels,
                      const at::TensorOptions& options) {
  const auto side = [&](int dimension) { return input.size(dimension) * sides.output / sides.input; };
  return at::empty({channels, side(kDown), side(kAcross)}, options);
}

// How much of a tile is seen, which begins at `start` and fades in over `extent`, from 0.
at::Tensor fading(std::int64_t start, std::int64_t side, std::int64_t extent, const at::Tensor& like) {
  const at::TensorOptions options = like.options().dtype(c10::ScalarType::Float);
  return start == 0 ? at::ones({side}, options) : (at::arange(side, options) / (extent - 1)).clamp(0, 1);
}

}  // namespace

at::Tensor run_blended_tiles(const at::Tensor& input, const TileSides& sides, const RunTile& run) {
  if (std::max(input.size(kDown), input.size(kAcross)) <= sides.input) return run(input);
  const std::int64_t step = sides.input * 3 / 4, extent = sides.output / 4, kept = sides.output - extent;
  at::Tensor output;
  std::vector<at::Tensor> above, row;  // finished tiles
  for (std::int64_t top = 0, y = 0; top < input.size(kDown); top += step, y += kept) {
    row.clear();
    for (std::int64_t left = 0, x = 0; left < input.size(kAcross); left += step, x += kept) {
      const at::Tensor tile = run(cut(input, top, left, sides.input)).clone();
      if (!above.empty()) blend(above[row.size()], tile, kDown, extent);
      if (!row.empty()) blend(row.back(), tile, kAcross, extent);
      if (!output.defined()) output = output_for(input, sides, tile.size(0), tile.options());
      cut(output, y, x, kept).copy_(cut(tile, 0, 0, kept));
      row.push_back(tile);
    }
    above.swap(row);
  }
  return output;
}

at::Tensor run_faded_tiles(const at::Tensor& input, const TileSides& sides, const RunTile& run) {
  const std::int64_t step = sides.input - sides.input / 8, extent = sides.output / 8;
  const std::int64_t output_step = sides.output - extent;
  at::Tensor output;
  for (std::int64_t top = 0, y = 0; top < input.size(kDown); top += step, y += output_step) {
    for (std::int64_t left = 0, x = 0; left < input.size(kAcross); left += step, x += output_step) {
      const at::Tensor tile = run(cut(input, top, left, sides.input));
      if (!output.defined())
        output = output_for(input, sides, tile.size(0), tile.options().dtype(c10::ScalarType::Float)).zero_();
      const at::Tensor mask = fading(y, tile.size(kDown), extent, tile).view({1, -1, 1}) *
                              fading(x, tile.size(kAcross), extent, tile).view({1, 1, -1});
      const at::Tensor place = cut(output, y, x, sides.output);
      place.copy_(mask * tile + (1 - mask) * place);
    }
  }
  return output;
}

}  // namespace deepcache_gen
