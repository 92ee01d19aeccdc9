#include "backend/mapped_archive.h"

#include <ATen/ops/from_blob.h>
#include <caffe2/serialize/read_adapter_interface.h>

#include <algorithm>
#include <map>
#include <set>
#include <span>
#include <utility>

#include "backend/archive/archive_contents.h"
#include "backend/archive/rebuilt_archive.h"
#include "backend/archive/refusal.h"
#include "backend/foreign_errors.h"
#include "backend/operator_check.h"
#include "backend/reserving_scope.h"
#include "backend/script_archive.h"

namespace deepcache_gen {
namespace {

using Position = std::uint64_t;

// Serves an archive of what LibTorch needs of the mapped file, but leaves out the records of weights: it only remembers
// for which buffers they were asked. Nothing is written to those, so that they take no memory.
class WeightlessReader : public caffe2::serialize::ReadAdapterInterface {
 public:
  WeightlessReader(std::span<const std::byte> file, ArchiveRecords records)
      : records_(std::move(records)), archive_(file, records_) {}

  const std::map<void*, ArchiveRecord>& left_out() const { return left_out_; }

  std::size_t size() const override { return archive_.size(); }

  std::size_t read(Position position, void* buffer, std::size_t count, const char*) const override {
    const ArchiveRecord* weight = weight_at(position);
    if (!weight || weight->size != count) return archive_.read(position, buffer, count);
    left_out_[buffer] = *weight;
    return count;
  }

 private:
  const ArchiveRecord* weight_at(Position position) const {
    const auto place = archive_.places().find(position);
    const bool is_weight = place != archive_.places().end() && place->second.starts_with("data/");
    return is_weight ? &records_.at(place->second) : nullptr;
  }

  const ArchiveRecords records_;
  const RebuiltArchive archive_;
  mutable std::map<void*, ArchiveRecord> left_out_;  // reading is const in LibTorch's interface
};

bool lies_within(const at::Tensor& tensor, const ArchiveRecord& record) {
  const auto element = static_cast<std::uint64_t>(tensor.element_size());
  auto last = static_cast<std::uint64_t>(tensor.storage_offset());
  for (std::int64_t i = 0; i < tensor.dim(); ++i) {
    last += static_cast<std::uint64_t>(std::max<std::int64_t>(tensor.size(i) - 1, 0) * tensor.stride(i));
  }
  return (last + (tensor.numel() > 0 ? 1 : 0)) * element <= record.size;
}

// The tensor with its numbers in the file.
at::Tensor view(const std::shared_ptr<const MappedFile>& file, const ArchiveRecord& record, const at::Tensor& tensor) {
  // It has been read by the same rules before; this is what keeps others' memory apart if they should differ.
  if (!lies_within(tensor, record)) refuse_archive("a weight reaches beyond its record");
  // from_blob takes memory that may be written to; nothing writes to a weight.
  auto* storage = const_cast<std::byte*>(file->data() + record.position);
  auto* first = storage + tensor.storage_offset() * tensor.element_size();
  return at::from_blob(
      first, tensor.sizes(), tensor.strides(), [file](void*) {}, tensor.options());
}

// False where a weight is none of a module's own, but in a list for example, and has no numbers still.
bool attach_weights(const torch::jit::Module& module, const std::shared_ptr<const MappedFile>& file,
                    const std::map<void*, ArchiveRecord>& left_out) {
  std::set<void*> attached;
  const auto attach = [&](at::Tensor tensor) {
    void* const buffer = tensor.storage().mutable_data();
    const auto found = left_out.find(buffer);
    if (found == left_out.end()) return;
    tensor.set_data(view(file, found->second, tensor));
    attached.insert(buffer);
  };
  for (const at::Tensor& parameter : module.parameters()) attach(parameter);
  for (const at::Tensor& buffer : module.buffers()) attach(buffer);
  return std::all_of(left_out.begin(), left_out.end(),
                     [&](const auto& weight) { return attached.contains(weight.first); });
}

torch::jit::Module load(const std::shared_ptr<WeightlessReader>& reader) {
  const ReservingScope reserving;
  return read_script_archive(reader);
}

}  // namespace

MappedArchive map_archive(const std::filesystem::path& file, const std::optional<FileState>& expected) {
  auto mapped = std::make_shared<const MappedFile>(file, expected);
  return translate_errors(file.string(), [&]() -> MappedArchive {
    const auto reader = std::make_shared<WeightlessReader>(mapped->bytes(), read_archive_contents(mapped->bytes()));
    torch::jit::Module module = load(reader);
    if (!attach_weights(module, mapped, reader->left_out())) {
      refuse_archive("it keeps tensors that are neither parameters nor buffers of its modules");
    }
    mapped->check_unchanged();
    check_operators(module);
    return {mapped, std::move(module)};
  });
}

}  // namespace deepcache_gen
