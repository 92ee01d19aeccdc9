#include "image/jpeg.h"

#include <csetjmp>
#include <cstdlib>
#include <memory>
#include <new>

#include "image/jpeg_library.h"
#include "image/jpeg_segments.h"
#include "support/error.h"

namespace deepcache_gen {
namespace {

constexpr int kLeastQualityOfFullColor = 90;

struct JpegWriteErrors {
  jpeg_error_mgr manager;  // first: libjpeg knows it by this address
  std::jmp_buf jump;
  char message[JMSG_LENGTH_MAX];
};

[[noreturn]] void on_jpeg_write_error(j_common_ptr jpeg) {
  auto& errors = *reinterpret_cast<JpegWriteErrors*>(jpeg->err);
  jpeg->err->format_message(jpeg, errors.message);
  std::longjmp(errors.jump, 1);
}

class JpegWriter {
 public:
  JpegWriter() {
    jpeg_.err = jpeg_std_error(&errors_.manager);
    errors_.manager.error_exit = on_jpeg_write_error;
  }
  ~JpegWriter() {
    jpeg_destroy_compress(&jpeg_);
    std::free(bytes_);
  }
  JpegWriter(const JpegWriter&) = delete;
  JpegWriter& operator=(const JpegWriter&) = delete;

  std::vector<std::uint8_t> write(const Image& image, int quality, const PictureMetadata& metadata) {
    guarded([&] {
      begin(image, quality);
      write_segment(kExifHead, metadata.exif);
      write_segment(kXmpHead, metadata.xmp);
    });
    const std::uint8_t* row = image.pixels.data();
    for (int y = 0; y < image.height; ++y, row += static_cast<std::ptrdiff_t>(image.width) * 3)
      guarded([&] { write_row(row); });
    guarded([&] { jpeg_finish_compress(&jpeg_); });
    return {bytes_, bytes_ + size_};
  }

 private:
  // libjpeg leaves by longjmp, over frames that must have nothing to destroy: `step` is made of calls of C only.
  template <class Step>
  void guarded(const Step& step) {
    if (setjmp(errors_.jump)) throw Error(std::string("the picture cannot be written as JPEG: ") + errors_.message);
    step();
  }

  void begin(const Image& image, int quality) {
    jpeg_create_compress(&jpeg_);
    jpeg_mem_dest(&jpeg_, &bytes_, &size_);
    jpeg_.image_width = static_cast<JDIMENSION>(image.width);
    jpeg_.image_height = static_cast<JDIMENSION>(image.height);
    jpeg_.input_components = 3;
    jpeg_.in_color_space = JCS_RGB;
    jpeg_set_defaults(&jpeg_);
    jpeg_set_quality(&jpeg_, quality, TRUE);
    jpeg_.optimize_coding = TRUE;
    if (quality >= kLeastQualityOfFullColor) jpeg_.comp_info[0].h_samp_factor = jpeg_.comp_info[0].v_samp_factor = 1;
    jpeg_start_compress(&jpeg_, TRUE);
  }

  // `head`, then `data`, where there is any.
  void write_segment(std::string_view head, std::string_view data) {
    if (data.empty()) return;
    jpeg_write_m_header(&jpeg_, JPEG_APP0 + 1, static_cast<unsigned>(head.size() + data.size()));
    for (const std::string_view part : {head, data}) {
      for (const char c : part) jpeg_write_m_byte(&jpeg_, static_cast<unsigned char>(c));
    }
  }

  void write_row(const std::uint8_t* row) {
    auto* samples = const_cast<JSAMPROW>(row);
    jpeg_write_scanlines(&jpeg_, &samples, 1);
  }

  JpegWriteErrors errors_{};
  jpeg_compress_struct jpeg_{};
  unsigned char* bytes_ = nullptr;
  unsigned long size_ = 0;
};

}  // namespace

std::vector<std::uint8_t> encode_jpeg(const Image& image, int quality, const PictureMetadata& metadata) {
  if (metadata.exif.size() > kMostJpegExif || metadata.xmp.size() > kMostJpegXmp) {
    throw Error("the settings of the picture do not fit into a JPEG, which holds 64 KiB of them; write it as PNG");
  }
  return JpegWriter().write(image, quality, metadata);
}

}  // namespace deepcache_gen
