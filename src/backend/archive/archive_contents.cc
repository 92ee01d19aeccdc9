#include "backend/archive/archive_contents.h"

#include <algorithm>
#include <limits>
#include <map>
#include <string_view>

#include "backend/archive/accepted_operators.h"
#include "backend/archive/module_class.h"
#include "backend/archive/pickle_reader.h"
#include "backend/archive/refusal.h"
#include "backend/mapped_file.h"

namespace deepcache_gen {
namespace {

using Bytes = std::span<const std::byte>;

// SD 2.1's UNet has 0.4 MB of code, 0.1 MB of values and five constants.
constexpr std::uint64_t kMaxCode = 8 << 20, kMaxPickle = 4 << 20, kMaxConstants = 16 << 20, kMaxVersion = 20;
// Weights that share numbers are counted as often as they are there.
constexpr std::uint64_t kMaxShared = 4;
// Classes within classes, and lines of code wherever they are used: SD 2.1's UNet has 11 and 10,000.
constexpr int kMaxClassDepth = 64;
constexpr std::uint64_t kMaxLines = 300'000;
constexpr std::string_view kCode = "code/", kSource = ".py";

// Names that LibTorch gives a meaning of its own.
constexpr std::string_view kNativeClasses = "__torch__.torch.classes", kQuantized = "quantized";

class Archive {
 public:
  explicit Archive(Bytes file) : file_(file), records_(read_archive_records(file)) {}

  std::uint64_t size() const { return file_.size(); }
  const ArchiveRecords& records() const { return records_; }
  const ArchiveRecord* find(const std::string& name) const {
    const auto found = records_.find(name);
    return found == records_.end() ? nullptr : &found->second;
  }
  Bytes bytes(const std::string& name, std::uint64_t max_size) const {
    const ArchiveRecord* record = find(name);
    if (!record) refuse_archive("it has no record '" + name + "'");
    if (record->size > max_size) {
      refuse_archive("record '" + name + "' has " + std::to_string(record->size) + " bytes, at most " +
                     std::to_string(max_size) + " are accepted");
    }
    return file_.subspan(record->position, record->size);
  }
  std::string_view text(const std::string& name, std::uint64_t max_size) const {
    const Bytes found = bytes(name, max_size);
    return {reinterpret_cast<const char*>(found.data()), found.size()};
  }

 private:
  Bytes file_;
  ArchiveRecords records_;
};

bool is_source(std::string_view name) { return name.starts_with(kCode) && name.ends_with(kSource); }

// "code/__torch__/exporter/rungs.py" holds what is named "__torch__.exporter.rungs.…".
std::string scope_of(std::string_view record) {
  std::string scope(record.substr(kCode.size(), record.size() - kCode.size() - kSource.size()));
  if (scope.find('.') != std::string::npos) refuse_archive("it has a record '" + std::string(record) + "'");
  std::replace(scope.begin(), scope.end(), '/', '.');
  if (scope.starts_with(kNativeClasses) || scope.find(kQuantized) != std::string::npos) {
    refuse_archive("its code has classes in " + scope);
  }
  return scope;
}

// The code of all classes, of which each is known and none is in itself.
class Code {
 public:
  explicit Code(const Archive& archive) {
    const AcceptedOperators operators;
    std::uint64_t size = 0;
    for (const auto& [name, record] : archive.records()) {
      if (!is_source(name)) continue;
      const std::string_view text = archive.text(name, kMaxCode - size);
      size += text.size();
      read_module_classes(text, scope_of(name), operators, classes_);
    }
    for (const auto& [name, known] : classes_) check_depth(name, 0);
  }

  const ModuleClass& find(const std::string& name) const {
    const auto found = classes_.find(name);
    if (found == classes_.end()) refuse_archive("it has no code of class " + name);
    return found->second;
  }

 private:
  // Returns how deep other classes lie in it.
  int check_depth(const std::string& name, int above) {
    if (above > kMaxClassDepth) refuse_archive("its classes nest too deep, in " + name);
    const auto known = depths_.find(name);
    int depth = known == depths_.end() ? 0 : known->second;
    if (known == depths_.end()) {
      for (const auto& [attribute, type] : find(name).attributes) {
        if (type.kind == AttributeKind::module) depth = std::max(depth, check_depth(type.class_name, above + 1) + 1);
      }
      depths_[name] = depth;
    }
    if (above + depth > kMaxClassDepth) refuse_archive("its classes nest too deep, in " + name);
    return depth;
  }

  ModuleClasses classes_;
  std::map<std::string, int> depths_;
};

// A size, offset or stride times another, without a way around.
std::uint64_t product(std::int64_t a, std::int64_t b) {
  if (a < 0 || b < 0) refuse_archive("a tensor has a negative size, offset or stride");
  if (a > 0 && b > std::numeric_limits<std::int64_t>::max() / a / 2) refuse_archive("a tensor is too large");
  return static_cast<std::uint64_t>(a) * static_cast<std::uint64_t>(b);
}

// The tensors of one pickle, whose numbers lie in the records of a folder.
class TensorCheck {
 public:
  // `max_bytes`: of all records, each counted for every tensor that it belongs to.
  TensorCheck(const Archive& archive, std::string folder, std::uint64_t max_bytes)
      : archive_(archive), folder_(std::move(folder)), bytes_left_(max_bytes) {}

  void check(const PickleTensor& tensor) {
    check(tensor.storage);
    const auto count = static_cast<std::uint64_t>(tensor.storage.count);
    if (tensor.sizes.size() != tensor.strides.size() || tensor.sizes.size() > 8) {
      refuse_archive("a tensor has too many sizes, or not as many strides");
    }
    std::uint64_t end = product(tensor.offset, 1), elements = 1;
    for (const std::int64_t size : tensor.sizes) elements = product(static_cast<std::int64_t>(elements), size);
    for (std::size_t i = 0; i < tensor.sizes.size() && elements > 0; ++i) {
      end += product(tensor.sizes[i] - 1, tensor.strides[i]);
      if (end > count) refuse_tensor(tensor);
    }
    if (elements > 0) ++end;
    if (end > count || elements > count) refuse_tensor(tensor);
  }

 private:
  void check(const PickleStorage& storage) {
    const ArchiveRecord* record = archive_.find(folder_ + storage.record);
    if (!record) refuse_archive("it has no record '" + folder_ + storage.record + "'");
    if (product(storage.count, storage.element_size) != record->size) {
      refuse_archive("record '" + folder_ + storage.record + "' has " + std::to_string(record->size) + " bytes for " +
                     std::to_string(storage.count) + " numbers");
    }
    if (record->size > bytes_left_) refuse_archive("its tensors have more numbers than their records");
    bytes_left_ -= record->size;
  }

  [[noreturn]] void refuse_tensor(const PickleTensor& tensor) const {
    refuse_archive("a tensor reaches beyond its record '" + folder_ + tensor.storage.record + "'");
  }

  const Archive& archive_;
  std::string folder_;
  std::uint64_t bytes_left_;
};

class ModuleCheck {
 public:
  ModuleCheck(const Code& code, TensorCheck& tensors) : code_(code), tensors_(tensors) {}

  // Returns how many lines of code there are if each module is counted wherever it is used.
  std::uint64_t check(const PickleValue& value, const std::string& class_name) {
    const auto* object = std::get_if<PickleObject>(&value.value);
    if (!object || object->class_name != class_name)
      refuse_archive("its values have no " + class_name + " in its place");
    const auto known = lines_.find(object);
    if (known != lines_.end()) return known->second;
    const ModuleClass& type = code_.find(class_name);
    if (object->attributes.size() != type.attributes.size()) {
      refuse_archive("a " + class_name + " has " + std::to_string(object->attributes.size()) +
                     " attributes, its code " + std::to_string(type.attributes.size()));
    }
    std::uint64_t lines = type.lines;
    for (const auto& [name, attribute] : type.attributes) {
      const auto found = object->attributes.find(name);
      if (found == object->attributes.end()) refuse_attribute(class_name, name);
      lines += check(*found->second, attribute, class_name, name);
      if (lines > kMaxLines) refuse_archive("its modules are shared so often that they are too many");
    }
    return lines_[object] = lines;
  }

 private:
  std::uint64_t check(const PickleValue& value, const AttributeType& type, const std::string& class_name,
                      const std::string& name) {
    if (type.kind == AttributeKind::module) return check(value, type.class_name);
    if (!has_kind(value, type.kind)) refuse_attribute(class_name, name);
    if (const auto* tensor = std::get_if<PickleTensor>(&value.value)) tensors_.check(*tensor);
    return 0;
  }

  static bool has_kind(const PickleValue& value, AttributeKind kind) {
    const bool is_none = std::holds_alternative<PickleNone>(value.value);
    const bool is_boolean = std::holds_alternative<bool>(value.value);
    switch (kind) {
      case AttributeKind::tensor:
        return std::holds_alternative<PickleTensor>(value.value);
      case AttributeKind::boolean:
        return is_boolean;
      case AttributeKind::optional_boolean:
        return is_boolean || is_none;
      case AttributeKind::integer:
        return std::holds_alternative<std::int64_t>(value.value);
      case AttributeKind::floating_point:
        return std::holds_alternative<double>(value.value);
      case AttributeKind::none:
        return is_none;
      case AttributeKind::module:
        break;
    }
    return false;
  }

  [[noreturn]] static void refuse_attribute(const std::string& class_name, const std::string& name) {
    refuse_archive("attribute '" + name + "' of a " + class_name + " is not what its code says");
  }

  const Code& code_;
  TensorCheck& tensors_;
  std::map<const PickleObject*, std::uint64_t> lines_;
};

void check_values(const Archive& archive, const Code& code) {
  const PickleReference values = read_pickle(archive.bytes("data.pkl", kMaxPickle));
  const auto* root = std::get_if<PickleObject>(&values->value);
  if (!root) refuse_archive("its values are no module");
  TensorCheck tensors(archive, "data/", kMaxShared * archive.size());
  ModuleCheck(code, tensors).check(*values, root->class_name);
}

void check_constants(const Archive& archive) {
  const PickleReference constants = read_pickle(archive.bytes("constants.pkl", kMaxPickle));
  const auto* tuple = std::get_if<PickleTuple>(&constants->value);
  if (!tuple) refuse_archive("its constants are no tuple");
  TensorCheck tensors(archive, "constants/", kMaxConstants);
  for (const PickleReference& constant : tuple->items) {
    const auto* tensor = std::get_if<PickleTensor>(&constant->value);
    if (!tensor) refuse_archive("its constants are not all tensors");
    tensors.check(*tensor);
  }
}

// Whether LibTorch needs the record. The others it would read too, if it were shown them: another format's, for
// example.
bool is_needed(const std::string& name) {
  return is_source(name) || name.starts_with("data/") || name.starts_with("constants/") || name == "data.pkl" ||
         name == "constants.pkl" || name == "version" || name == "byteorder" || name == ".data/version";
}

void check_small_records(const Archive& archive) {
  for (const auto& [name, record] : archive.records()) {
    if (name == "version" || name == ".data/version") {
      const std::string_view version = archive.text(name, kMaxVersion);
      if (version.find_first_not_of("0123456789\n") != std::string_view::npos)
        refuse_archive("its version is no number");
    }
  }
  if (archive.find("byteorder") && archive.text("byteorder", kMaxVersion) != "little") {
    refuse_archive("its numbers are not little-endian");
  }
}

}  // namespace

ArchiveRecords read_archive_contents(Bytes file) {
  const Archive archive(file);
  check_small_records(archive);
  const Code code(archive);
  check_values(archive, code);
  check_constants(archive);
  ArchiveRecords needed = archive.records();
  std::erase_if(needed, [](const auto& record) { return !is_needed(record.first); });
  return needed;
}

void check_archive(const std::filesystem::path& file) {
  const MappedFile mapped(file);
  try {
    read_archive_contents(mapped.bytes());
  } catch (const Error& error) {
    throw Error(file.string() + ": " + error.what());
  }
  mapped.check_unchanged();
}

}  // namespace deepcache_gen
