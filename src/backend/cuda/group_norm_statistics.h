#pragma once

#include "backend/cuda/group_norm_block.h"

namespace deepcache_gen {

/// A number like most of a chunk's in a channel, for a pack of channels: the median of three pixels. `first` is the
/// chunk's first pixel. About such a number sums of squares don't cancel, be the mean as large as it may, and a pixel
/// far off.
template <int kPack, typename Number>
DEEPCACHE_GEN_DEVICE_CODE void take_pivots(const Number* __restrict__ first, int channels, int pixels,
                                           float (&pivots)[kPack]) {
  const auto pack_of = [&](int pixel) { return load_pack<kPack>(first + static_cast<std::int64_t>(pixel) * channels); };
  const Pack<Number, kPack> packs[3] = {pack_of(0), pack_of(pixels / 3), pack_of(pixels - 1)};
  DEEPCACHE_GEN_UNROLLED
  for (int i = 0; i < kPack; ++i) {
    const float a = static_cast<float>(packs[0].numbers[i]), b = static_cast<float>(packs[1].numbers[i]);
    const float c = static_cast<float>(packs[2].numbers[i]);
    pivots[i] = fmaxf(fminf(a, b), fminf(fmaxf(a, b), c));
  }
}

/// Adds up the differences to the pivots, and their squares, of those of a chunk's `pixels` that are one thread's:
/// `begin`, `begin + step` …
template <int kPack, typename Number>
DEEPCACHE_GEN_DEVICE_CODE void add_up_pixels(const Number* __restrict__ first, int channels, int begin, int pixels,
                                             int step, float (&sums)[kPack], float (&squares)[kPack]) {
  constexpr int kAtOnce = 4;  // loads on their way, so that a thread does not wait for one after the other
  float pivots[kPack];
  take_pivots<kPack>(first, channels, pixels, pivots);
  const auto add = [&](const Pack<Number, kPack>& pack) {
    DEEPCACHE_GEN_UNROLLED
    for (int i = 0; i < kPack; ++i) {
      const float difference = static_cast<float>(pack.numbers[i]) - pivots[i];
      sums[i] += difference;
      squares[i] += difference * difference;
    }
  };
  int pixel = begin;
  for (; pixel + (kAtOnce - 1) * step < pixels; pixel += kAtOnce * step) {
    Pack<Number, kPack> packs[kAtOnce];
    DEEPCACHE_GEN_UNROLLED
    for (int i = 0; i < kAtOnce; ++i) {
      packs[i] = load_pack<kPack>(first + static_cast<std::int64_t>(pixel + i * step) * channels);
    }
    DEEPCACHE_GEN_UNROLLED
    for (int i = 0; i < kAtOnce; ++i) add(packs[i]);
  }
  for (; pixel < pixels; pixel += step) add(load_pack<kPack>(first + static_cast<std::int64_t>(pixel) * channels));
}

/// For every channel of a tile and every lane, that lane's sums: `scratch` is [2, lanes, tile channels].
template <int kPack, typename Number, typename Team>
DEEPCACHE_GEN_DEVICE_CODE void add_up_channels(const Team& team, const GroupNormArguments<Number>& arguments,
                                               const GroupNormPlace& place, float* scratch) {
  const GroupNormLayout& layout = arguments.layout;
  const int column = team.rank() % layout.columns, lane = team.rank() / layout.columns;
  if (lane >= layout.lanes) return;
  const Number* tile = arguments.input + group_norm_offset(arguments.sizes, place);
  float* const own = scratch + lane * place.tile_channels;
  for (int channel = column * kPack; channel < place.tile_channels; channel += layout.columns * kPack) {
    float sums[kPack] = {}, squares[kPack] = {};
    add_up_pixels<kPack>(tile + channel, arguments.sizes.channels, lane, place.pixels, layout.lanes, sums, squares);
    DEEPCACHE_GEN_UNROLLED
    for (int i = 0; i < kPack; ++i) {
      own[channel + i] = sums[i];
      own[layout.lanes * place.tile_channels + channel + i] = squares[i];
    }
  }
}

/// Replaces a channel's sums by its mean, less `about`, and returns its sum of squared differences to the mean.
template <typename Number>
DEEPCACHE_GEN_DEVICE_CODE float close_channel(const GroupNormArguments<Number>& arguments, const GroupNormPlace& place,
                                              int channel, float about, float* scratch) {
  const int lanes = arguments.layout.lanes;
  float sum = 0.0F, square = 0.0F;
  for (int lane = 0; lane < lanes; ++lane) {
    sum += scratch[lane * place.tile_channels + channel];
    square += scratch[(lanes + lane) * place.tile_channels + channel];
  }
  const Number* const first = arguments.input + group_norm_offset(arguments.sizes, place);
  const float mean = quotient(sum, static_cast<float>(place.pixels));
  float pivot[1];
  take_pivots<1>(first + channel, arguments.sizes.channels, place.pixels, pivot);
  scratch[channel] = pivot[0] + tile_addend(arguments, place, channel) - about + mean;
  return fmaxf(square - sum * mean, 0.0F);
}

/// One group of the tile, by a stripe: its channels together, by the formula of Chan, Golub and LeVeque (1983) for
/// parts of equal size.
template <typename Number, typename Team>
DEEPCACHE_GEN_DEVICE_CODE GroupMoments close_group(const Team& team, const GroupNormArguments<Number>& arguments,
                                                   const GroupNormPlace& place, int group, float* scratch) {
  const int begin = group * place.group_channels + team.rank() % Team::kStripe;
  const int end = (group + 1) * place.group_channels;
  const Number* const first = arguments.input + group_norm_offset(arguments.sizes, place);
  const int first_channel = group * place.group_channels;
  const float about = static_cast<float>(first[first_channel]) + tile_addend(arguments, place, first_channel);
  float offset = 0.0F, squares = 0.0F;
  for (int channel = begin; channel < end; channel += Team::kStripe) {
    squares += close_channel(arguments, place, channel, about, scratch);
    offset += scratch[channel];
  }
  offset = quotient(team.stripe_sum(offset), static_cast<float>(place.group_channels));
  for (int channel = begin; channel < end; channel += Team::kStripe) {
    const float difference = scratch[channel] - offset;
    squares += static_cast<float>(place.pixels) * difference * difference;
  }
  return {about + offset, team.stripe_sum(squares)};
}

/// The first kernel's block: `GroupMoments` of the groups of a tile in a chunk. `scratch`: `group_norm_scratch` numbers
/// that the team shares.
template <int kPack, typename Number, typename Team>
DEEPCACHE_GEN_DEVICE_CODE void take_moments(const Team& team, const GroupNormArguments<Number>& arguments,
                                            std::int64_t block, float* scratch) {
  const GroupNormLayout& layout = arguments.layout;
  const GroupNormPlace place = group_norm_place(arguments.sizes, layout, block);
  add_up_channels<kPack>(team, arguments, place, scratch);
  team.wait();
  const std::int64_t first_group =
      place.image * arguments.sizes.groups + static_cast<std::int64_t>(place.tile) * layout.tile_groups;
  for (int group = team.rank() / Team::kStripe; group < layout.tile_groups; group += team.size() / Team::kStripe) {
    const GroupMoments moments = close_group(team, arguments, place, group, scratch);
    if (team.rank() % Team::kStripe != 0) continue;
    arguments.moments[(first_group + group) * layout.chunks + place.chunk] = moments;
  }
}

}  // namespace deepcache_gen
