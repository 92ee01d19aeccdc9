#include <array>
#include <csetjmp>
#include <cstring>

#include "image/jpeg_library.h"
#include "image/jpeg_segments.h"
#include "image/picture_reader.h"
#include "support/error.h"

namespace deepcache_gen {
namespace {

constexpr int kMostScans = 100;         // of a progressive file; ten are usual, and each goes over all pixels
constexpr long kMostMemory = 1L << 30;  // of libjpeg, which a progressive file needs for coefficients

struct JpegErrors {
  jpeg_error_mgr manager;  // first: libjpeg knows it by this address
  std::jmp_buf jump;
  bool is_cut_short = false;
  std::array<char, JMSG_LENGTH_MAX> message{};
};

JpegErrors& errors_of(j_common_ptr jpeg) { return *reinterpret_cast<JpegErrors*>(jpeg->err); }

[[noreturn]] void on_jpeg_error(j_common_ptr jpeg) {
  JpegErrors& errors = errors_of(jpeg);
  jpeg->err->format_message(jpeg, errors.message.data());
  std::longjmp(errors.jump, 1);
}

// What libjpeg would go on after, with grey where pixels are missing.
void on_jpeg_warning(j_common_ptr jpeg, int level) {
  if (level >= 0) return;
  const int code = jpeg->err->msg_code;
  const bool is_cut_short = code == JWRN_JPEG_EOF || code == JWRN_HIT_MARKER;
  if (is_cut_short) errors_of(jpeg).is_cut_short = true;
  if (is_cut_short || code == JWRN_HUFF_BAD_CODE || code == JWRN_MUST_RESYNC) on_jpeg_error(jpeg);
}

void on_jpeg_message(j_common_ptr) {}

void refuse_many_scans(j_common_ptr jpeg) {
  if (reinterpret_cast<j_decompress_ptr>(jpeg)->input_scan_number <= kMostScans) return;
  std::strcpy(errors_of(jpeg).message.data(), "more than 100 scans");
  std::longjmp(errors_of(jpeg).jump, 1);
}

// Pillow's cmyk2rgb (libImaging/Convert.c), of samples that Adobe's programs write inverted; all others do as they.
std::uint8_t rgb_of_inverted(unsigned color, unsigned key) {
  const unsigned product = (255 - color) * key + 128;
  return static_cast<std::uint8_t>(key - (((product >> 8) + product) >> 8));
}

class JpegReader final : public PictureReader {
 public:
  JpegReader(PictureBytes bytes, const std::string& name) : name_(name) {
    jpeg_.err = jpeg_std_error(&errors_.manager);
    errors_.manager.error_exit = on_jpeg_error;
    errors_.manager.emit_message = on_jpeg_warning;
    errors_.manager.output_message = on_jpeg_message;
    progress_.progress_monitor = refuse_many_scans;
    try {
      read_head(bytes);
    } catch (...) {
      jpeg_destroy_decompress(&jpeg_);
      throw;
    }
  }
  ~JpegReader() override { jpeg_destroy_decompress(&jpeg_); }
  JpegReader(const JpegReader&) = delete;
  JpegReader& operator=(const JpegReader&) = delete;

  PictureSize size() const override {
    return {static_cast<int>(jpeg_.image_width), static_cast<int>(jpeg_.image_height)};
  }
  std::string exif() const override { return segment(kExifHead); }
  std::string xmp() const override { return segment(kXmpHead); }

  Image read_pixels() override {
    const bool is_cmyk = jpeg_.jpeg_color_space == JCS_CMYK || jpeg_.jpeg_color_space == JCS_YCCK;
    guarded([&] {
      jpeg_.out_color_space = is_cmyk ? JCS_CMYK : JCS_RGB;
      jpeg_start_decompress(&jpeg_);
    });
    const std::size_t width = jpeg_.output_width, row_size = width * 3;
    Image image{size().width, size().height, {}};
    image.pixels.reserve(row_size * jpeg_.output_height);
    std::vector<std::uint8_t> row(width * static_cast<std::size_t>(jpeg_.output_components));
    while (jpeg_.output_scanline < jpeg_.output_height) {
      std::uint8_t* const to = row.data();
      guarded([&] { jpeg_read_scanlines(&jpeg_, const_cast<JSAMPARRAY>(&to), 1); });
      if (is_cmyk) {
        append_cmyk(image, row);
      } else {
        image.pixels.insert(image.pixels.end(), row.begin(), row.end());
      }
    }
    guarded([&] { jpeg_finish_decompress(&jpeg_); });
    return image;
  }

 private:
  // libjpeg leaves by longjmp, over frames that must have nothing to destroy: `step` is made of calls of C only.
  template <class Step>
  void guarded(const Step& step) {
    if (setjmp(errors_.jump)) fail();
    step();
  }

  [[noreturn]] void fail() const {
    if (errors_.is_cut_short) fail_cut_short(name_);
    fail_damaged(name_, errors_.message.data());
  }

  void read_head(PictureBytes bytes) {
    guarded([&] {
      jpeg_create_decompress(&jpeg_);
      jpeg_.progress = &progress_;
      jpeg_.mem->max_memory_to_use = kMostMemory;
      jpeg_mem_src(&jpeg_, bytes.data(), static_cast<unsigned long>(bytes.size()));
      jpeg_save_markers(&jpeg_, JPEG_APP0 + 1, 0xFFFF);
      jpeg_read_header(&jpeg_, TRUE);
    });
    require_bounded_size(size(), name_);
  }

  // What follows `head` in the first APP1 segment that starts with it.
  std::string segment(std::string_view head) const {
    for (jpeg_saved_marker_ptr marker = jpeg_.marker_list; marker != nullptr; marker = marker->next) {
      const std::string_view data(reinterpret_cast<const char*>(marker->data), marker->data_length);
      if (marker->marker == JPEG_APP0 + 1 && data.starts_with(head)) return std::string(data.substr(head.size()));
    }
    return {};
  }

  static void append_cmyk(Image& image, const std::vector<std::uint8_t>& row) {
    for (std::size_t i = 0; i + 3 < row.size(); i += 4) {
      for (std::size_t color = 0; color < 3; ++color)
        image.pixels.push_back(rgb_of_inverted(row[i + color], row[i + 3]));
    }
  }

  std::string name_;
  JpegErrors errors_{};
  jpeg_progress_mgr progress_{};
  jpeg_decompress_struct jpeg_{};
};

}  // namespace

std::unique_ptr<PictureReader> read_jpeg(PictureBytes bytes, const std::string& name) {
  return std::make_unique<JpegReader>(bytes, name);
}

}  // namespace deepcache_gen
