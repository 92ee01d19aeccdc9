#include "picture_decoding.h"

#include "fuzzing.h"
#include "image/picture_file.h"
#include "image/picture_texts.h"
#include "pipeline/recorded_request.h"

namespace deepcache_gen {
namespace {

constexpr int kMostPixelsDecoded = 1 << 18;

void read_texts(const std::uint8_t* data, std::size_t size) {
  static const FuzzFolder folder;
  std::optional<PictureTexts> texts;
  takes([&] { texts = read_picture_texts(folder.write("x", as_text(data, size))); });
  if (!texts) return;
  for (const PngText& text : texts->texts) {
    takes([&] { read_settings_record(text.second); });
    takes([&] { read_infotext(text.second); });
  }
}

}  // namespace

void read_strangers_picture(const std::uint8_t* data, std::size_t size) {
  const std::span<const std::uint8_t> bytes(data, size);
  PictureSize head;
  takes([&] { head = picture_size(bytes, "x"); });
  if (std::int64_t{head.width} * head.height <= kMostPixelsDecoded) {
    Image image;
    if (takes([&] { image = decode_picture(bytes, "x"); })) {
      require(image.width == head.width && image.height == head.height, "the head tells the size");
      require(image.pixels.size() == std::size_t(image.width) * std::size_t(image.height) * 3, "all pixels are there");
    }
  }
  read_texts(data, size);
}

}  // namespace deepcache_gen
