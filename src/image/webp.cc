#include "image/webp.h"

#include <webp/encode.h>
#include <webp/mux.h>

#include <memory>
#include <new>

#include "support/error.h"

namespace deepcache_gen {
namespace {

constexpr int kLossless = 100;
constexpr int kLosslessEffort = 6;  // 0 to 9, and what libwebp's own program takes

[[noreturn]] void fail_webp(int code) {
  if (code == VP8_ENC_ERROR_OUT_OF_MEMORY || code == VP8_ENC_ERROR_BITSTREAM_OUT_OF_MEMORY) throw std::bad_alloc();
  throw Error("the picture cannot be written as WebP (libwebp's code " + std::to_string(code) +
              "); write it as PNG, which has no bounds on sizes");
}

WebPConfig config_of(int quality) {
  WebPConfig config;
  if (!WebPConfigInit(&config)) fail_webp(VP8_ENC_ERROR_INVALID_CONFIGURATION);
  config.quality = static_cast<float>(quality);
  if (quality == kLossless) WebPConfigLosslessPreset(&config, kLosslessEffort);
  return config;
}

// libwebp's picture and what it writes to, freed at the end.
struct WebpPicture {
  WebpPicture() {
    if (!WebPPictureInit(&picture)) fail_webp(VP8_ENC_ERROR_INVALID_CONFIGURATION);
    WebPMemoryWriterInit(&writer);
    picture.writer = WebPMemoryWrite;
    picture.custom_ptr = &writer;
  }
  ~WebpPicture() {
    WebPPictureFree(&picture);
    WebPMemoryWriterClear(&writer);
  }
  WebpPicture(const WebpPicture&) = delete;
  WebpPicture& operator=(const WebpPicture&) = delete;

  WebPPicture picture;
  WebPMemoryWriter writer;
};

void add_chunk(WebPMux* mux, const char* name, const std::string& content) {
  if (content.empty()) return;
  const WebPData data{reinterpret_cast<const std::uint8_t*>(content.data()), content.size()};
  if (WebPMuxSetChunk(mux, name, &data, 0) != WEBP_MUX_OK) throw std::bad_alloc();
}

std::vector<std::uint8_t> with_metadata(const WebPData& picture, const PictureMetadata& metadata) {
  const std::unique_ptr<WebPMux, decltype(&WebPMuxDelete)> mux(WebPMuxNew(), WebPMuxDelete);
  if (!mux || WebPMuxSetImage(mux.get(), &picture, 0) != WEBP_MUX_OK) throw std::bad_alloc();
  add_chunk(mux.get(), "EXIF", metadata.exif);
  add_chunk(mux.get(), "XMP ", metadata.xmp);
  WebPData file;
  WebPDataInit(&file);
  if (WebPMuxAssemble(mux.get(), &file) != WEBP_MUX_OK) throw std::bad_alloc();
  const std::unique_ptr<WebPData, decltype(&WebPDataClear)> freed(&file, WebPDataClear);
  return {file.bytes, file.bytes + file.size};
}

}  // namespace

std::vector<std::uint8_t> encode_webp(const Image& image, int quality, const PictureMetadata& metadata) {
  const WebPConfig config = config_of(quality);
  WebpPicture webp;
  webp.picture.use_argb = config.lossless;
  webp.picture.width = image.width;
  webp.picture.height = image.height;
  if (!WebPPictureImportRGB(&webp.picture, image.pixels.data(), image.width * 3) || !WebPEncode(&config, &webp.picture))
    fail_webp(webp.picture.error_code);
  return with_metadata({webp.writer.mem, webp.writer.size}, metadata);
}

}  // namespace deepcache_gen
