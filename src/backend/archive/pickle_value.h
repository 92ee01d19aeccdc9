#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace deepcache_gen {

struct PickleValue;
/// Values are shared as the pickle shares them; nothing contains itself.
using PickleReference = std::shared_ptr<const PickleValue>;

struct PickleNone {};
/// A class or function that is named.
struct PickleGlobal {
  std::string name;        ///< such as "torch.HalfStorage"
  bool is_opened = false;  ///< an object of the class has been begun; only while a pickle is read
};
struct PickleTuple {
  std::vector<PickleReference> items;
};
struct PickleDict {
  std::map<std::string, PickleReference> items;
};
/// The record of numbers that a tensor is a view of.
struct PickleStorage {
  std::string record;         ///< in the archive's folder for them
  std::int64_t element_size;  ///< in bytes
  std::int64_t count;         ///< of elements
  std::string type;           ///< such as "torch.HalfStorage"
};
struct PickleTensor {
  PickleStorage storage;
  std::int64_t offset;  ///< in elements, as the strides
  std::vector<std::int64_t> sizes, strides;
};
/// An object of a class that the archive's code defines.
struct PickleObject {
  std::string class_name;  ///< such as "__torch__.exporter.rungs.MidRung"
  std::map<std::string, PickleReference> attributes;
};

struct PickleValue {
  std::variant<PickleNone, bool, std::int64_t, double, std::string, PickleGlobal, PickleTuple, PickleDict,
               PickleStorage, PickleTensor, PickleObject>
      value;
  int depth = 0;  ///< how deep others lie within it
};

}  // namespace deepcache_gen
