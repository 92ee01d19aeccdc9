#include <png.h>

#include <array>
#include <csetjmp>
#include <cstring>

#include "image/picture_reader.h"
#include "image/png_chunks.h"
#include "support/error.h"

namespace deepcache_gen {
namespace {

constexpr std::size_t kMessageSize = 160;

// What libpng's callbacks see. They are called from C, so nothing may be thrown in them.
struct PngSource {
  PictureBytes rest;
  bool is_cut_short = false;
  std::array<char, kMessageSize> message{};
};

void read_png_bytes(png_structp png, png_bytep to, png_size_t count) {
  auto& source = *static_cast<PngSource*>(png_get_io_ptr(png));
  if (count > source.rest.size()) {
    source.is_cut_short = true;
    png_error(png, "the file ends");
  }
  std::memcpy(to, source.rest.data(), count);
  source.rest = source.rest.subspan(count);
}

[[noreturn]] void on_png_error(png_structp png, png_const_charp message) {
  auto& source = *static_cast<PngSource*>(png_get_error_ptr(png));
  std::strncpy(source.message.data(), message, kMessageSize - 1);
  png_longjmp(png, 1);
}

void on_png_warning(png_structp, png_const_charp) {}

class PngReader final : public PictureReader {
 public:
  PngReader(PictureBytes bytes, const std::string& name) : bytes_(bytes), name_(name), source_{bytes} {
    png_ = png_create_read_struct(PNG_LIBPNG_VER_STRING, &source_, on_png_error, on_png_warning);
    info_ = png_ ? png_create_info_struct(png_) : nullptr;
    if (!info_) fail();
    try {
      read_head();
    } catch (...) {
      png_destroy_read_struct(&png_, &info_, nullptr);
      throw;
    }
  }
  ~PngReader() override { png_destroy_read_struct(&png_, &info_, nullptr); }
  PngReader(const PngReader&) = delete;
  PngReader& operator=(const PngReader&) = delete;

  PictureSize size() const override { return size_; }
  std::string exif() const override { return png_exif(bytes_); }
  std::string xmp() const override { return png_xmp(bytes_); }

  Image read_pixels() override {
    int passes = 1;
    guarded([&] {
      passes = png_set_interlace_handling(png_);
      make_rgb();
      png_read_update_info(png_, info_);
    });
    const auto row_size = static_cast<std::size_t>(size_.width) * 3;
    if (png_get_rowbytes(png_, info_) != row_size) fail_damaged(name_, "libpng makes no RGB of it");
    Image image{size_.width, size_.height, {}};
    const std::size_t all = row_size * static_cast<std::size_t>(size_.height);
    image.pixels.reserve(all);
    if (passes > 1) image.pixels.resize(all);
    for (int pass = 0; pass < passes; ++pass) read_pass(image, row_size);
    guarded([&] { png_read_end(png_, nullptr); });
    return image;
  }

 private:
  // libpng leaves by longjmp, over frames that must have nothing to destroy: `step` is made of calls of C only.
  template <class Step>
  void guarded(const Step& step) {
    if (setjmp(png_jmpbuf(png_))) fail();
    step();
  }

  [[noreturn]] void fail() const {
    if (source_.is_cut_short) fail_cut_short(name_);
    fail_damaged(name_, source_.message.data());
  }

  void read_head() {
    guarded([&] {
      png_set_read_fn(png_, &source_, read_png_bytes);
      // What isn't needed for pixels is not even unpacked.
      png_set_keep_unknown_chunks(png_, PNG_HANDLE_CHUNK_NEVER, nullptr, -1);
      png_set_user_limits(png_, 0x7fffffff, 0x7fffffff);  // the bounds are ours, with a message of ours
      png_read_info(png_, info_);
    });
    size_ = {static_cast<int>(png_get_image_width(png_, info_)), static_cast<int>(png_get_image_height(png_, info_))};
    require_bounded_size(size_, name_);
  }

  void make_rgb() {
    png_set_expand_gray_1_2_4_to_8(png_);
    png_set_palette_to_rgb(png_);
    png_set_strip_16(png_);
    png_set_gray_to_rgb(png_);
    png_set_strip_alpha(png_);
  }

  // Memory is taken as rows come, so that a short file can't ask for much.
  void read_pass(Image& image, std::size_t row_size) {
    for (std::size_t y = 0; y < static_cast<std::size_t>(size_.height); ++y) {
      if (image.pixels.size() < (y + 1) * row_size) image.pixels.resize((y + 1) * row_size);
      std::uint8_t* const row = image.pixels.data() + y * row_size;
      guarded([&] { png_read_row(png_, row, nullptr); });
    }
  }

  PictureBytes bytes_;
  std::string name_;
  PngSource source_;
  png_structp png_ = nullptr;
  png_infop info_ = nullptr;
  PictureSize size_;
};

}  // namespace

std::unique_ptr<PictureReader> read_png(PictureBytes bytes, const std::string& name) {
  return std::make_unique<PngReader>(bytes, name);
}

}  // namespace deepcache_gen
