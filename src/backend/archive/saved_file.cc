#include "backend/archive/saved_file.h"

#include <map>
#include <string_view>

#include "backend/archive/float_numbers.h"
#include "backend/archive/refusal.h"
#include "backend/archive/saved_pickle.h"

namespace deepcache_gen {
namespace {

constexpr const char* kPickle = "data.pkl";
constexpr std::size_t kMostSizes = 8;
constexpr const char* kByteOrder = "byteorder";

std::string_view as_text(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

[[noreturn]] void refuse_extent(const PickleTensor& tensor) {
  refuse_archive("a tensor reaches beyond its record 'data/" + tensor.storage.record + "'");
}

// The places of a tensor's numbers in its storage. Whoever goes through them knows that they are few.
class Places {
 public:
  // Throws where they reach beyond the storage or are more than it has.
  explicit Places(const PickleTensor& tensor) : tensor_(tensor) {
    if (tensor.sizes.size() != tensor.strides.size() || tensor.sizes.size() > kMostSizes) {
      refuse_archive("a tensor has too many sizes, or not as many strides");
    }
    std::int64_t last = checked(tensor.offset);
    for (std::size_t i = 0; i < tensor.sizes.size(); ++i) {
      const std::int64_t size = checked(tensor.sizes[i]);
      count_ *= size;
      if (size > 1) last += (size - 1) * checked(tensor.strides[i]);
      if (checked(count_) == 0) return;
      checked(last);
    }
    if (last >= tensor.storage.count) refuse_extent(tensor);
  }

  std::vector<std::int64_t> all() const {
    if (count_ == 0) return {};
    std::vector<std::int64_t> places{tensor_.offset};
    for (std::size_t i = 0; i < tensor_.sizes.size(); ++i) {
      std::vector<std::int64_t> finer;
      for (const std::int64_t place : places) {
        for (std::int64_t k = 0; k < tensor_.sizes[i]; ++k) finer.push_back(place + k * tensor_.strides[i]);
      }
      places = std::move(finer);
    }
    return places;
  }

 private:
  // No more than there are numbers; and since a storage lies in the file, products of two fit.
  std::int64_t checked(std::int64_t value) const {
    if (value < 0 || value > tensor_.storage.count) refuse_extent(tensor_);
    return value;
  }

  const PickleTensor& tensor_;
  std::int64_t count_ = 1;
};

}  // namespace

SavedFile::SavedFile(std::span<const std::byte> content)
    : content_(content), records_(read_archive_records(content)), value_(read_saved_pickle(record(kPickle))) {
  if (records_.contains(kByteOrder) && as_text(record(kByteOrder)) != "little") {
    refuse_archive("its numbers have their highest byte first");
  }
}

std::vector<float> SavedFile::numbers(const PickleTensor& tensor) const {
  const std::string type = float_type_of(tensor.storage);
  if (type.empty()) refuse_archive("a tensor has numbers of " + tensor.storage.type + ", none with fractions");
  const std::string name = "data/" + tensor.storage.record;
  const std::span<const std::byte> bytes = record(name);
  const auto element_size = static_cast<std::size_t>(tensor.storage.element_size);
  if (tensor.storage.count < 0 || static_cast<std::size_t>(tensor.storage.count) != bytes.size() / element_size) {
    refuse_archive("record '" + name + "' has " + std::to_string(bytes.size()) + " bytes for " +
                   std::to_string(tensor.storage.count) + " numbers");
  }
  const std::vector<std::int64_t> places = Places(tensor).all();
  const std::vector<float> stored = read_floats(type, as_text(bytes));
  std::vector<float> numbers;
  numbers.reserve(places.size());
  for (const std::int64_t place : places) numbers.push_back(stored[static_cast<std::size_t>(place)]);
  return numbers;
}

std::span<const std::byte> SavedFile::record(const std::string& name) const {
  const auto found = records_.find(name);
  if (found == records_.end()) refuse_archive("it has no record '" + name + "'");
  return content_.subspan(found->second.position, found->second.size);
}

std::string float_type_of(const PickleStorage& storage) {
  static const std::map<std::string, std::string> types{{"torch.HalfStorage", "F16"},
                                                        {"torch.BFloat16Storage", "BF16"},
                                                        {"torch.FloatStorage", "F32"},
                                                        {"torch.DoubleStorage", "F64"}};
  const auto found = types.find(storage.type);
  return found == types.end() ? "" : found->second;
}

bool begins_as_saved_file(std::string_view content) { return content.starts_with("PK\x03\x04"); }

bool begins_as_pickle(std::string_view content) {
  return content.size() > 1 && content[0] == '\x80' && content[1] >= 1 && content[1] <= 5;
}

}  // namespace deepcache_gen
