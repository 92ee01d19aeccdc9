#pragma once

#include <map>
#include <string>
#include <vector>

#include "backend/archive/made_archive.h"
#include "backend/archive/made_pickle.h"

namespace deepcache_gen {

/// A tensor as `torch.save` pickles it. `count`: of the storage; `sizes`, `strides`: the operations of their tuples.
struct SavedTensor {
  std::string type = "FloatStorage";
  std::string record = "0";
  std::int64_t count = 6, offset = 0;
  std::vector<std::int64_t> sizes{2, 3}, strides{3, 1};
};

inline std::string pickled_numbers(const std::vector<std::int64_t>& numbers) {
  std::string operations = "(";
  for (const std::int64_t number : numbers) operations += pickled_number(number);
  return operations + "t";
}

inline std::string pickled_tensor(const SavedTensor& tensor) {
  return "ctorch._utils\n_rebuild_tensor_v2\n((" + pickled_text("storage") + "ctorch\n" + tensor.type + "\n" +
         pickled_text(tensor.record) + pickled_text("cuda:0") + pickled_number(tensor.count) + "tQ" +
         pickled_number(tensor.offset) + pickled_numbers(tensor.sizes) + pickled_numbers(tensor.strides) +
         "\x89"
         "ccollections\nOrderedDict\n)RtR";
}

/// A dictionary of one value.
inline std::string pickled_dict(const std::string& key, const std::string& value) {
  return "}" + pickled_text(key) + value + "s";
}

/// A file of `torch.save` with this value and the numbers 0 to 5 in float32 as record "0", as text.
inline std::string make_saved_file(const std::string& value, std::map<std::string, std::string> more = {}) {
  std::string numbers;
  for (const float number : {0.0F, 1.0F, 2.0F, 3.0F, 4.0F, 5.0F}) {
    numbers.append(reinterpret_cast<const char*>(&number), sizeof number);
  }
  more.insert({{"data.pkl", pickle(value)}, {"data/0", numbers}, {"version", "3\n"}});
  const std::vector<std::byte> bytes = make_archive(more);
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

}  // namespace deepcache_gen
