#pragma once

#include <ATen/core/Tensor.h>

#include <memory>
#include <span>

#include "backend/cpu/convolution_layouts.h"
#include "backend/kept_weights.h"
#include "backend/mapped_file.h"

namespace deepcache_gen {

/// Converts weights, one after the other, in one piece of memory: temporary copies all over the heap would leave holes
/// that nothing fits in. Copies of this object share that memory, which is freed with the last of them, and what is
/// learned of the layouts that their weights are packed in.
class WeightConversion {
 public:
  /// `file`: what the weights are views of, null where they are not. `kept`: shared with what else the model is made
  /// of, null where it is not.
  explicit WeightConversion(c10::ScalarType dtype, std::shared_ptr<const MappedFile> file = nullptr,
                            std::shared_ptr<KeptWeights> kept = nullptr);

  c10::ScalarType dtype() const { return dtype_; }
  const std::shared_ptr<const MappedFile>& file() const { return file_; }
  const std::shared_ptr<ConvolutionLayouts>& layouts() const { return layouts_; }
  const std::shared_ptr<KeptWeights>& kept() const { return kept_; }
  /// The weight in `dtype()` and without gaps, a convolution's channels-last, as oneDNN's packing wants it; valid until
  /// the next call. Throws `Error` for whole or complex numbers.
  at::Tensor convert(const at::Tensor& weight);
  /// Likewise one weight whose rows are those of `parts`, one after the other. They agree in all but their number.
  at::Tensor convert(std::span<const at::Tensor> parts);
  /// Says that what was converted has been copied: the pages of the file that were read need not stay in memory. Throws
  /// `Error` where the file changed, so that the copies are of no use.
  void finish_reading() const;
  /// A copy with memory of its own, which it gets when it converts: for later, so that nothing is kept until then.
  WeightConversion apart() const;

 private:
  at::Tensor room_for(at::IntArrayRef sizes);

  c10::ScalarType dtype_;
  std::shared_ptr<const MappedFile> file_;
  std::shared_ptr<at::Tensor> memory_;
  std::shared_ptr<ConvolutionLayouts> layouts_;
  std::shared_ptr<KeptWeights> kept_;
};

}  // namespace deepcache_gen
