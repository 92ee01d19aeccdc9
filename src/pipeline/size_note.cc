#include "pipeline/size_note.h"

#include <algorithm>

namespace deepcache_gen {
namespace {

constexpr double kSmallest = 0.5, kLargest = 2.5;  // of the usual area

std::string pixels_text(int width, int height) { return std::to_string(width) + "x" + std::to_string(height); }

std::string sizes_text(const ModelInfo& model, const std::vector<std::vector<int>>& sizes) {
  if (sizes.empty()) return "sizes about " + pixels_text(model.default_width, model.default_height);
  std::string text;
  for (const std::vector<int>& size : sizes)
    text.append(text.empty() ? "" : ", ").append(pixels_text(size.front(), size.back()));
  return text + " only";
}

}  // namespace

SizeNote::SizeNote(const ModelInfo& model)
    : model_(model.name),
      sizes_(model.known_words ? model.known_words->sizes : std::vector<std::vector<int>>()),
      usual_area_(double{1} * model.default_width * model.default_height) {
  trained_ = sizes_text(model, sizes_);
}

bool SizeNote::was_trained_for(int width, int height) const {
  if (!sizes_.empty()) return std::find(sizes_.begin(), sizes_.end(), std::vector{width, height}) != sizes_.end();
  const double area = double{1} * width * height;
  return usual_area_ == 0 || (area >= kSmallest * usual_area_ && area <= kLargest * usual_area_);
}

void SizeNote::add(const GenerationPlan& plan) {
  if (!first_.empty() || plan.passes.empty()) return;
  const Pass& pass = plan.passes.front();
  if (!was_trained_for(pass.width, pass.height)) first_ = pixels_text(pass.width, pass.height);
}

std::string SizeNote::text() const {
  if (first_.empty()) return "";
  return model_ + ": trained on pictures of " + trained_ + "; at " + first_ +
         " what it draws may be cut off or repeated";
}

}  // namespace deepcache_gen
