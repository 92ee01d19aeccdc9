#include <webp/decode.h>
#include <webp/mux.h>

#include "image/jpeg_segments.h"
#include "image/picture_reader.h"
#include "support/error.h"
#include "support/printable.h"

namespace deepcache_gen {
namespace {

class WebpReader final : public PictureReader {
 public:
  WebpReader(PictureBytes bytes, const std::string& name) : bytes_(bytes), name_(name) {
    WebPBitstreamFeatures features;
    require_ok(WebPGetFeatures(bytes.data(), bytes.size(), &features));
    if (features.has_animation) {
      throw Error(printable(name) + ": is an animated WebP; give one picture of it");
    }
    size_ = {features.width, features.height};
    require_bounded_size(size_, name);
    require_whole();
  }

  PictureSize size() const override { return size_; }
  std::string exif() const override { return without_head(chunk("EXIF")); }
  std::string xmp() const override { return chunk("XMP "); }

  Image read_pixels() override {
    Image image{size_.width, size_.height, {}};
    image.pixels.resize(static_cast<std::size_t>(size_.width) * static_cast<std::size_t>(size_.height) * 3);
    WebPDecoderConfig config;
    WebPInitDecoderConfig(&config);
    config.output.colorspace = MODE_RGB;
    config.output.is_external_memory = 1;
    config.output.u.RGBA = {image.pixels.data(), size_.width * 3, image.pixels.size()};
    require_ok(WebPDecode(bytes_.data(), bytes_.size(), &config));
    return image;
  }

 private:
  void require_ok(VP8StatusCode status) const {
    if (status == VP8_STATUS_OK) return;
    if (status == VP8_STATUS_NOT_ENOUGH_DATA || status == VP8_STATUS_SUSPENDED) fail_cut_short(name_);
    if (status == VP8_STATUS_OUT_OF_MEMORY) throw std::bad_alloc();
    fail_damaged(name_, "libwebp's code " + std::to_string(status));
  }

  // A RIFF file says at its start how long the rest of it is; pixels that end early may be filled in silently.
  void require_whole() const {
    std::size_t length = 0;
    for (std::size_t i = 4; i-- > 0;) length = length << 8 | bytes_[4 + i];
    if (bytes_.size() < length + 8) fail_cut_short(name_);
  }

  std::string chunk(const char* name) const {
    const WebPData data{bytes_.data(), bytes_.size()};
    WebPMux* const mux = WebPMuxCreate(&data, 0);
    WebPData found{};
    std::string content;
    if (mux && WebPMuxGetChunk(mux, name, &found) == WEBP_MUX_OK && found.bytes)
      content.assign(reinterpret_cast<const char*>(found.bytes), found.size);
    WebPMuxDelete(mux);
    return content;
  }

  // Some programs put JPEG's head before it.
  static std::string without_head(std::string exif) {
    return exif.starts_with(kExifHead) ? exif.substr(kExifHead.size()) : exif;
  }

  PictureBytes bytes_;
  std::string name_;
  PictureSize size_;
};

}  // namespace

std::unique_ptr<PictureReader> read_webp(PictureBytes bytes, const std::string& name) {
  return std::make_unique<WebpReader>(bytes, name);
}

}  // namespace deepcache_gen
