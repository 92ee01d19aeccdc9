// picture_steps FILE OUT STEP…: reads a picture, does the steps to it in turn and writes it as PNG, for the parity
// tests, which do the same with Pillow and diffusers. `size FILE` prints the size that its head says.
#include <cstdlib>
#include <fstream>
#include <functional>
#include <iostream>
#include <iterator>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "image/mask.h"
#include "image/mask_area.h"
#include "image/pasting.h"
#include "image/picture_file.h"
#include "image/png.h"
#include "image/resize.h"
#include "support/error.h"
#include "support/option_value.h"

namespace deepcache_gen {
namespace {

std::vector<std::uint8_t> read(const std::string& file) {
  std::ifstream stream(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

Image decode(const std::string& file) { return decode_picture(read(file), file); }

Image as_image(const GrayImage& gray) {
  Image image{gray.width, gray.height, {}};
  for (const std::uint8_t level : gray.pixels) image.pixels.insert(image.pixels.end(), 3, level);
  return image;
}

// The arguments of a job, taken one by one.
class Arguments {
 public:
  explicit Arguments(const std::string& line) : texts_(split(line, '\t')) {}

  bool empty() const { return next_ == texts_.size(); }
  std::string text() { return texts_.at(next_++); }
  int whole() { return std::atoi(text().c_str()); }
  double number() { return std::atof(text().c_str()); }

 private:
  std::vector<std::string> texts_;
  std::size_t next_ = 0;
};

CropBox read_box(Arguments& arguments) {
  const int left = arguments.whole(), top = arguments.whole(), right = arguments.whole();
  return {left, top, right, arguments.whole()};
}

using Step = std::function<Image(const Image&, Arguments&)>;
using Resize = Image (*)(const Image&, int, int);

Step resizing(Resize resize) {
  return [resize](const Image& image, Arguments& arguments) {
    const int width = arguments.whole();
    return resize(image, width, arguments.whole());
  };
}

Image overlay(const Image& image, Arguments& arguments) {
  const Image mask = decode(arguments.text()), original = decode(arguments.text());
  const CropBox box = read_box(arguments);
  const bool is_all = box.width() == 0;
  return apply_overlay(to_gray(mask), original, image, is_all ? std::nullopt : std::optional(box));
}

const std::map<std::string, Step>& steps() {
  static const std::map<std::string, Step> table{
      {"lanczos", resizing(resize_lanczos)},
      {"fill", resizing(resize_and_fill)},
      {"crop", resizing(resize_and_crop)},
      {"gray", [](const Image& image, Arguments&) { return as_image(to_gray(image)); }},
      {"gray-lanczos",
       [](const Image& image, Arguments& arguments) {
         const int width = arguments.whole();
         return as_image(resize_lanczos(to_gray(image), width, arguments.whole()));
       }},
      {"blur", [](const Image& image, Arguments& arguments) { return gaussian_blur(image, arguments.number()); }},
      {"gray-blur", [](const Image& image,
                       Arguments& arguments) { return as_image(gaussian_blur(to_gray(image), arguments.number())); }},
      {"cut",
       [](const Image& image, Arguments& arguments) {
         const CropBox box = read_box(arguments);
         return cropped(image, box.left, box.top, box.right, box.bottom);
       }},
      {"overlay", overlay},
  };
  return table;
}

std::string crop_region_text(Arguments& arguments) {
  const Image mask = decode(arguments.text());
  const int width = arguments.whole(), height = arguments.whole();
  const std::optional<CropBox> box = crop_region(to_gray(mask), width, height, arguments.whole());
  if (!box) return "nothing";
  return std::to_string(box->left) + " " + std::to_string(box->top) + " " + std::to_string(box->right) + " " +
         std::to_string(box->bottom);
}

std::string size_text(const std::string& file) {
  const PictureSize size = picture_size(read(file), file);
  return std::to_string(size.width) + " " + std::to_string(size.height);
}

std::string do_steps(const std::string& file, Arguments& arguments) {
  const std::string output = arguments.text();
  Image image = decode(file);
  while (!arguments.empty()) image = steps().at(arguments.text())(image, arguments);
  const std::vector<std::uint8_t> bytes = encode_png(image, {});
  std::ofstream(output, std::ios::binary).write(reinterpret_cast<const char*>(bytes.data()), std::ssize(bytes));
  return "done";
}

std::string answer(const std::string& line) {
  Arguments arguments(line);
  const std::string first = arguments.text();
  try {
    if (first == "size") return size_text(arguments.text());
    return first == "region" ? crop_region_text(arguments) : do_steps(first, arguments);
  } catch (const Error& error) {
    return std::string("!").append(error.what());
  }
}

}  // namespace
}  // namespace deepcache_gen

int main() {
  for (std::string line; std::getline(std::cin, line);) std::cout << deepcache_gen::answer(line) << std::endl;
}
