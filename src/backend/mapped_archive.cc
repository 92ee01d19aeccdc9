#include "backend/mapped_archive.h"

#include <ATen/ops/from_blob.h>
#include <caffe2/serialize/inline_container.h>
#include <caffe2/serialize/read_adapter_interface.h>
#include <torch/csrc/jit/serialization/import.h>

#include <algorithm>
#include <cstring>
#include <map>
#include <set>
#include <string>

#include "backend/reserving_scope.h"
#include "support/error.h"

namespace deepcache_gen {
namespace {

using Position = std::uint64_t;

// Serves an archive from the mapped file, but leaves out the records of weights: it only remembers for which buffers
// they were asked. Nothing is written to those, so that they take no memory.
class WeightlessReader : public caffe2::serialize::ReadAdapterInterface {
 public:
  explicit WeightlessReader(std::shared_ptr<const MappedFile> file) : file_(std::move(file)) {}

  void leave_out(Position position, std::size_t size) { records_[position] = size; }
  const std::map<void*, Position>& left_out() const { return left_out_; }

  std::size_t size() const override { return file_->size(); }

  std::size_t read(Position position, void* buffer, std::size_t count, const char*) const override {
    count = std::min(count, file_->size() - std::min<std::size_t>(position, file_->size()));
    const auto record = records_.find(position);
    if (record != records_.end() && record->second == count) {
      left_out_[buffer] = position;
    } else {
      std::memcpy(buffer, file_->data() + position, count);
    }
    return count;
  }

 private:
  std::shared_ptr<const MappedFile> file_;
  std::map<Position, std::size_t> records_;
  mutable std::map<void*, Position> left_out_;  // reading is const in LibTorch's interface
};

void leave_out_weights(const std::shared_ptr<WeightlessReader>& reader) {
  caffe2::serialize::PyTorchStreamReader archive(reader);
  for (const std::string& record : archive.getAllRecords()) {
    const std::size_t size = archive.getRecordSize(record);
    if (record.starts_with("data/") && size > 0) reader->leave_out(archive.getRecordOffset(record), size);
  }
}

// The tensor with its numbers in the file.
at::Tensor view(const std::shared_ptr<const MappedFile>& file, Position position, const at::Tensor& tensor) {
  // from_blob takes memory that may be written to; nothing writes to a weight.
  auto* storage = const_cast<std::byte*>(file->data() + position);
  auto* first = storage + tensor.storage_offset() * tensor.element_size();
  return at::from_blob(
      first, tensor.sizes(), tensor.strides(), [file](void*) {}, tensor.options());
}

// False where a weight is none of a module's own, but in a list for example, and has no numbers still.
bool attach_weights(const torch::jit::Module& module, const std::shared_ptr<const MappedFile>& file,
                    const std::map<void*, Position>& left_out) {
  std::set<Position> attached;
  const auto attach = [&](at::Tensor tensor) {
    const auto found = left_out.find(tensor.storage().mutable_data());
    if (found == left_out.end()) return;
    tensor.set_data(view(file, found->second, tensor));
    attached.insert(found->second);
  };
  for (const at::Tensor& parameter : module.parameters()) attach(parameter);
  for (const at::Tensor& buffer : module.buffers()) attach(buffer);
  return std::all_of(left_out.begin(), left_out.end(),
                     [&](const auto& weight) { return attached.contains(weight.second); });
}

}  // namespace

MappedArchive map_archive(const std::filesystem::path& file) {
  auto mapped = std::make_shared<const MappedFile>(file);
  auto reader = std::make_shared<WeightlessReader>(mapped);
  leave_out_weights(reader);
  const ReservingScope reserving;
  torch::jit::Module module = torch::jit::load(reader, c10::kCPU, /*load_debug_files=*/false);
  if (!attach_weights(module, mapped, reader->left_out())) {
    throw Error(file.string() + ": keeps tensors that are neither parameters nor buffers of its modules; export the " +
                "model again with scripts/export_model.py");
  }
  return {std::move(mapped), std::move(module)};
}

}  // namespace deepcache_gen
