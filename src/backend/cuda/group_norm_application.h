#pragma once

#include "backend/cuda/group_norm_block.h"

namespace deepcache_gen {

/// Of all chunks of a group, by a stripe: the mean, and for `squares` the variance. Chan's formula again, for parts
/// that may differ in size.
template <typename Number, typename Team>
DEEPCACHE_GEN_DEVICE_CODE GroupMoments join_chunks(const Team& team, const GroupNormArguments<Number>& arguments,
                                                   const GroupNormPlace& place, int group) {
  const GroupNormLayout& layout = arguments.layout;
  const std::int64_t all = arguments.sizes.pixels;
  const std::int64_t row =
      place.image * arguments.sizes.groups + static_cast<std::int64_t>(place.tile) * layout.tile_groups + group;
  const GroupMoments* const moments = arguments.moments + row * layout.chunks;
  const auto pixels = [&](int chunk) {
    const std::int64_t left = all - static_cast<std::int64_t>(chunk) * layout.chunk_pixels;
    return static_cast<float>(left < layout.chunk_pixels ? left : layout.chunk_pixels);
  };
  const float about = moments[0].mean;
  float offset = 0.0F, squares = 0.0F;
  for (int chunk = team.rank() % Team::kStripe; chunk < layout.chunks; chunk += Team::kStripe) {
    offset += pixels(chunk) * (moments[chunk].mean - about);
  }
  offset = quotient(team.stripe_sum(offset), static_cast<float>(all));
  for (int chunk = team.rank() % Team::kStripe; chunk < layout.chunks; chunk += Team::kStripe) {
    const float difference = moments[chunk].mean - about - offset;
    const float numbers = pixels(chunk) * static_cast<float>(place.group_channels);
    squares += moments[chunk].squares + numbers * difference * difference;
  }
  const float numbers = static_cast<float>(all) * static_cast<float>(place.group_channels);
  return {about + offset, quotient(team.stripe_sum(squares), numbers)};
}

/// What each channel of a group is multiplied by and what is added then: `scratch` is [2, tile channels].
template <typename Number, typename Team>
DEEPCACHE_GEN_DEVICE_CODE void scale_group(const Team& team, const GroupNormArguments<Number>& arguments,
                                           const GroupNormPlace& place, int group, float* scratch) {
  const GroupMoments moments = join_chunks(team, arguments, place, group);
  const float inverse_deviation = inverse_root(moments.squares + arguments.eps);
  const int end = (group + 1) * place.group_channels;
  for (int channel = group * place.group_channels + team.rank() % Team::kStripe; channel < end;
       channel += Team::kStripe) {
    const float scale = static_cast<float>(arguments.weight[place.first_channel + channel]) * inverse_deviation;
    const float bias = static_cast<float>(arguments.bias[place.first_channel + channel]);
    scratch[channel] = scale;
    scratch[place.tile_channels + channel] = bias + (tile_addend(arguments, place, channel) - moments.mean) * scale;
  }
}

/// A pack of one pixel: scaled, shifted, and with `with_silu` its SiLU.
template <int kPack, typename Number>
DEEPCACHE_GEN_DEVICE_CODE Pack<Number, kPack> normalized(const Pack<Number, kPack>& pack, const float (&scales)[kPack],
                                                         const float (&shifts)[kPack], bool with_silu) {
  Pack<Number, kPack> result;
  DEEPCACHE_GEN_UNROLLED
  for (int i = 0; i < kPack; ++i) {
    const float number = static_cast<float>(pack.numbers[i]) * scales[i] + shifts[i];
    result.numbers[i] = static_cast<Number>(with_silu ? silu(number) : number);
  }
  return result;
}

/// Pixels `begin`, `begin + step` … of a pack of channels, from `input` to `output`, which do not overlap.
template <int kPack, typename Number>
DEEPCACHE_GEN_DEVICE_CODE void normalize_pixels(const Number* __restrict__ input, Number* __restrict__ output,
                                                int channels, int begin, int end, int step,
                                                const float (&scales)[kPack], const float (&shifts)[kPack],
                                                bool with_silu) {
  constexpr int kAtOnce = 4;  // as in group_norm_statistics.h
  int pixel = begin;
  for (; pixel + (kAtOnce - 1) * step < end; pixel += kAtOnce * step) {
    Pack<Number, kPack> packs[kAtOnce];
    DEEPCACHE_GEN_UNROLLED
    for (int i = 0; i < kAtOnce; ++i) {
      packs[i] = load_pack<kPack>(input + static_cast<std::int64_t>(pixel + i * step) * channels);
    }
    DEEPCACHE_GEN_UNROLLED
    for (int i = 0; i < kAtOnce; ++i) {
      store_pack<kPack>(output + static_cast<std::int64_t>(pixel + i * step) * channels,
                        normalized<kPack>(packs[i], scales, shifts, with_silu));
    }
  }
  for (; pixel < end; pixel += step) {
    const std::int64_t offset = static_cast<std::int64_t>(pixel) * channels;
    store_pack<kPack>(output + offset, normalized<kPack>(load_pack<kPack>(input + offset), scales, shifts, with_silu));
  }
}

/// The second kernel's block: the output of a chunk in a tile. `scratch` as for `take_moments`.
template <int kPack, typename Number, typename Team>
DEEPCACHE_GEN_DEVICE_CODE void normalize(const Team& team, const GroupNormArguments<Number>& arguments,
                                         std::int64_t block, float* scratch) {
  const GroupNormLayout& layout = arguments.layout;
  const GroupNormPlace place = group_norm_place(arguments.sizes, layout, block);
  for (int group = team.rank() / Team::kStripe; group < layout.tile_groups; group += team.size() / Team::kStripe) {
    scale_group(team, arguments, place, group, scratch);
  }
  team.wait();
  const int column = team.rank() % layout.columns, lane = team.rank() / layout.columns;
  if (lane >= layout.lanes) return;
  const std::int64_t offset = group_norm_offset(arguments.sizes, place);
  for (int channel = column * kPack; channel < place.tile_channels; channel += layout.columns * kPack) {
    float scales[kPack], shifts[kPack];
    DEEPCACHE_GEN_UNROLLED
    for (int i = 0; i < kPack; ++i) {
      scales[i] = scratch[channel + i];
      shifts[i] = scratch[place.tile_channels + channel + i];
    }
    normalize_pixels<kPack>(arguments.input + offset + channel, arguments.output + offset + channel,
                            arguments.sizes.channels, lane, place.pixels, layout.lanes, scales, shifts, arguments.silu);
  }
}

}  // namespace deepcache_gen
