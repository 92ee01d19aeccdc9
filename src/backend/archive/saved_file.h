#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "backend/archive/archive_records.h"
#include "backend/archive/pickle_value.h"

namespace deepcache_gen {

/// What `torch.save` of PyTorch 1.6 and later wrote: a zip archive of a pickle and a record for the numbers of each
/// tensor. It is a stranger's, and nothing in it is run.
class SavedFile {
 public:
  /// `content`: of the file, borrowed. Throws `RefusedArchive` saying what is otherwise.
  explicit SavedFile(std::span<const std::byte> content);

  /// What was saved (backend/archive/saved_pickle.h).
  const PickleValue& value() const { return *value_; }
  /// The numbers of one of its tensors, in the order of its sizes, the last of which counts fastest. Throws
  /// `RefusedArchive` where they are no floating-point numbers, lie outside of their record, or share it so that there
  /// are more of them than it holds.
  std::vector<float> numbers(const PickleTensor& tensor) const;

 private:
  std::span<const std::byte> record(const std::string& name) const;

  std::span<const std::byte> content_;
  ArchiveRecords records_;
  PickleReference value_;
};

/// The type of the numbers in a storage, as safetensors files name it, such as "F16" of torch.HalfStorage; empty for
/// those that are not floating-point.
std::string float_type_of(const PickleStorage& storage);

/// Whether this is the beginning of a file of `torch.save`, as told from other forms; the older one is none.
bool begins_as_saved_file(std::string_view content);
/// Whether it is that of one of PyTorch before 1.6, or of any other pickle.
bool begins_as_pickle(std::string_view content);

}  // namespace deepcache_gen
