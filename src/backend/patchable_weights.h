#pragma once

#include <ATen/core/DimVector.h>
#include <ATen/core/Tensor.h>

#include <cstddef>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <memory_resource>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "backend/mapped_file.h"
#include "backend/weight_delta.h"

namespace deepcache_gen {

/// A weight as the file has it, and what is added to it.
class PatchableWeight {
 public:
  /// `file`: a mapped file, or null. Of numbers that lie in it only the place is kept: not the tensor, whose small
  /// blocks would stay behind in the midst of what loading a model frees, and break it into pieces.
  explicit PatchableWeight(at::Tensor original, std::shared_ptr<const MappedFile> file = nullptr);

  at::IntArrayRef sizes() const { return sizes_; }
  /// The numbers: those of the file in their dtype, or with what is added to them in float32, in memory of their own.
  at::Tensor read() const;
  /// Which numbers these are: who has copied them compares it. 0 for those of the file; what was added before and is
  /// added again, the same tensors by the same scales, has the version that it had then, if that is not long ago.
  unsigned version() const { return version_ ? *version_ : find_version(); }
  /// `delta` must fit (`require_fitting`).
  void add(WeightDelta delta);
  void take_back_all();

 private:
  at::Tensor original() const;
  unsigned find_version() const;

  at::Tensor original_;                     // undefined where the numbers lie in the file
  std::shared_ptr<const MappedFile> file_;  // null where they do not
  const std::byte* first_ = nullptr;        // of the numbers in the file
  c10::ScalarType dtype_;
  at::DimVector sizes_, strides_;
  std::vector<WeightDelta> deltas_;
  mutable std::optional<unsigned> version_ = 0;  // unset: not looked for since the deltas changed
  mutable std::list<std::pair<std::vector<DeltaIdentity>, unsigned>> versions_;  // known, the last one last
  mutable unsigned last_version_ = 0;
};

/// The weights of a module that can be patched, by name. One that hangs in several places has several names. They lie
/// apart from the heap: small blocks that stay, strewn among those that loading a model frees, would break these into
/// pieces too small for what comes later.
class PatchableWeights {
 public:
  PatchableWeights() : blocks_(std::make_shared<Blocks>()), weights_(&blocks_->memory) {}
  PatchableWeights(PatchableWeights&&) = default;
  PatchableWeights& operator=(PatchableWeights&&) = delete;

  /// The weight of that name, which is `original` where there was none; `file`: see `PatchableWeight`.
  std::shared_ptr<PatchableWeight> add(const std::string& name, const at::Tensor& original,
                                       const std::shared_ptr<const MappedFile>& file = nullptr);
  /// Gives a weight one more name.
  void add(const std::string& name, std::shared_ptr<PatchableWeight> weight);
  void remove(const std::string& name);

  /// See `Module::patch` and `Module::patchable_weights`.
  std::vector<std::string> patch(std::span<const NamedDelta> deltas);
  WeightSizes sizes() const;

 private:
  // Memory straight from the system.
  class Pages : public std::pmr::memory_resource {
    void* do_allocate(std::size_t bytes, std::size_t alignment) override;
    void do_deallocate(void* first, std::size_t bytes, std::size_t alignment) override;
    bool do_is_equal(const memory_resource& other) const noexcept override { return this == &other; }
  };
  // What a weight's pointer keeps alive.
  struct Blocks {
    static constexpr std::size_t kFirst = 4096 - 64;  // bytes: a page with what the resource itself adds
    Pages pages;
    std::pmr::monotonic_buffer_resource memory{kFirst, &pages};
    std::pmr::list<PatchableWeight> weights{&memory};
  };

  std::shared_ptr<Blocks> blocks_;
  std::pmr::map<std::pmr::string, std::shared_ptr<PatchableWeight>, std::less<>> weights_;
};

}  // namespace deepcache_gen
