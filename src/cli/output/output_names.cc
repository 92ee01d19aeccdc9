#include "cli/output/output_names.h"

#include <algorithm>

#include "image/picture_file.h"
#include "support/option_value.h"
#include "support/printable.h"

namespace deepcache_gen {
namespace {

constexpr const char* kUsualExtension = ".png";
constexpr int kListDigits = 5;
constexpr int kImageDigits = 3;

bool is_folder(const std::string& path) {
  std::error_code error;
  return path.ends_with('/') || std::filesystem::is_directory(path, error);
}

// The length of the %d or %0Nd that `text` starts with, or 0.
std::size_t number_length(const std::string& text) {
  if (text.starts_with("%d")) return 2;
  return text.size() >= 4 && text.starts_with("%0") && text[2] >= '1' && text[2] <= '9' && text[3] == 'd' ? 4 : 0;
}

std::string padded(std::int64_t number, int digits) {
  const std::string text = std::to_string(number);
  const std::size_t missing = std::max<std::size_t>(static_cast<std::size_t>(digits), text.size()) - text.size();
  return std::string(missing, '0') + text;
}

}  // namespace

OutputNames::OutputNames(const std::optional<std::string>& output, NamesFor what) {
  const OptionValue option{"--output", output.value_or("")};
  // The name is printed as a result, one a line.
  if (has_control_characters(option.text)) reject(option, "holds a control character; choose a name without");
  if (!output || is_folder(*output)) {
    const std::string separator = output && !output->ends_with('/') ? "/" : "";
    prefix_ = output ? *output + separator : "deepcache-gen-";
    suffix_ = kUsualExtension;
    number_ = what == NamesFor::list ? Number::index : Number::seed;
    if (what == NamesFor::list) digits_ = kListDigits;
    return;
  }
  if (output->empty()) reject(option, "expected a file, a pattern or a folder");
  read_pattern(*output);
  if (!format_named(of(0, 0).string())) {
    reject(option, "PNG, JPEG and WebP are written; end the name in .png, .jpg, .jpeg or .webp, or in / for a folder");
  }
  if (what != NamesFor::one_image && number_ == Number::none) number_by_index();
}

std::filesystem::path OutputNames::of(int number, std::int64_t seed) const {
  if (number_ == Number::none) return prefix_ + suffix_;
  return prefix_ + padded(number_ == Number::seed ? seed : number, digits_) + suffix_;
}

void OutputNames::read_pattern(const std::string& pattern) {
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    std::string& part = number_ == Number::none ? prefix_ : suffix_;
    const std::string rest = pattern.substr(i, 4);
    const std::size_t length = number_length(rest);
    if (length > 0 && number_ == Number::none) {
      number_ = Number::index;
      digits_ = length == 4 ? rest[2] - '0' : 1;
      i += length - 1;
    } else if (rest[0] == '%' && !rest.starts_with("%%")) {
      reject({"--output", pattern}, "expected at most one number, as %d or %03d; write %% for a percent sign");
    } else {
      part += rest[0];
      if (rest[0] == '%') ++i;
    }
  }
}

std::filesystem::path with_image_number(const std::filesystem::path& file, int index) {
  return file.parent_path() / (file.stem().string() + "_" + padded(index, kImageDigits) + file.extension().string());
}

void OutputNames::number_by_index() {
  suffix_ = std::filesystem::path(prefix_).extension().string();
  prefix_.resize(prefix_.size() - suffix_.size());
  prefix_ += "_";
  number_ = Number::index;
  digits_ = kImageDigits;
}

}  // namespace deepcache_gen
