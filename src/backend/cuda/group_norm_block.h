#pragma once

#include "backend/cuda/group_norm_layout.h"
#include "backend/cuda/pack.h"

namespace deepcache_gen {

/// Of the numbers of a group in a chunk.
struct GroupMoments {
  float mean;
  float squares;  ///< the sum of squared differences to the mean
};

/// Pixels lie one after the other, their channels side by side; input and output are aligned as the layout's packs.
template <typename Number>
struct GroupNormArguments {
  const Number* input;
  const Number* addend;  ///< [batch, channels], or null
  const Number* weight;  ///< [channels], as bias
  const Number* bias;
  Number* output;         ///< as input, and apart from it
  GroupMoments* moments;  ///< [batch, groups, chunks]: what the first kernel tells the second
  float eps;
  bool silu;
  GroupNormSizes sizes;
  GroupNormLayout layout;
};

/// The same, where the type of numbers was not known.
template <typename Number>
GroupNormArguments<Number> of_numbers(const GroupNormArguments<void>& arguments) {
  return {static_cast<const Number*>(arguments.input),
          static_cast<const Number*>(arguments.addend),
          static_cast<const Number*>(arguments.weight),
          static_cast<const Number*>(arguments.bias),
          static_cast<Number*>(arguments.output),
          arguments.moments,
          arguments.eps,
          arguments.silu,
          arguments.sizes,
          arguments.layout};
}

/// Where a block works.
struct GroupNormPlace {
  int chunk, tile;
  std::int64_t image;
  int group_channels;  ///< channels of a group
  int tile_channels;
  int first_channel;
  std::int64_t first_pixel;
  int pixels;  ///< of the chunk
};

/// Of the `block`-th of `group_norm_blocks`.
DEEPCACHE_GEN_DEVICE_CODE GroupNormPlace group_norm_place(const GroupNormSizes& sizes, const GroupNormLayout& layout,
                                                          std::int64_t block) {
  GroupNormPlace place;
  const int tiles = sizes.groups / layout.tile_groups;
  place.chunk = static_cast<int>(block % layout.chunks);
  place.tile = static_cast<int>(block / layout.chunks % tiles);
  place.image = block / layout.chunks / tiles;
  place.group_channels = sizes.channels / sizes.groups;
  place.tile_channels = layout.tile_groups * place.group_channels;
  place.first_channel = place.tile * place.tile_channels;
  place.first_pixel = static_cast<std::int64_t>(place.chunk) * layout.chunk_pixels;
  const std::int64_t left = sizes.pixels - place.first_pixel;
  place.pixels = static_cast<int>(left < layout.chunk_pixels ? left : layout.chunk_pixels);
  return place;
}

/// Where the chunk of the tile begins in an image of `sizes`.
DEEPCACHE_GEN_DEVICE_CODE std::int64_t group_norm_offset(const GroupNormSizes& sizes, const GroupNormPlace& place) {
  return (place.image * sizes.pixels + place.first_pixel) * sizes.channels + place.first_channel;
}

/// The number for channel `channel` of the tile in what is given per image and channel; 0 without.
template <typename Number>
DEEPCACHE_GEN_DEVICE_CODE float tile_addend(const GroupNormArguments<Number>& arguments, const GroupNormPlace& place,
                                            int channel) {
  if (arguments.addend == nullptr) return 0.0F;
  const std::int64_t row = place.image * arguments.sizes.channels + place.first_channel;
  return static_cast<float>(arguments.addend[row + channel]);
}

}  // namespace deepcache_gen
