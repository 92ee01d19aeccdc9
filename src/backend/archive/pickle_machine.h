#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "backend/archive/byte_reader.h"
#include "backend/archive/pickle_value.h"

namespace deepcache_gen {

inline constexpr std::string_view kOrderedDict = "collections.OrderedDict";
inline constexpr std::string_view kRebuildTensor = "torch._utils._rebuild_tensor_v2";

/// The stack machine that a pickle is a program of (Python's pickletools; protocol 2), as far as all writers make use
/// of it: numbers, texts, tuples, names. What lies below a mark is out of reach until the mark is taken. Nothing is
/// called. Functions throw `Error` where the pickle does what it should not.
class PickleMachine {
 public:
  virtual ~PickleMachine() = default;
  PickleMachine(const PickleMachine&) = delete;
  PickleMachine& operator=(const PickleMachine&) = delete;
  /// The value that the pickle is of.
  PickleReference run();

 protected:
  explicit PickleMachine(std::span<const std::byte> pickle) : pickle_(pickle, "a pickle") {}

  /// Does what not all writers' pickles do alike; refuses others (`refuse_operation`).
  virtual void step_further(std::uint8_t operation) = 0;
  /// Whether a pickle may name this class or function.
  virtual bool is_known(const std::string& global) const = 0;
  /// Notes what is topmost under a number, and puts what has it on the stack.
  virtual void remember(std::uint64_t number) = 0;
  virtual void recall(std::uint64_t number) = 0;
  /// Takes the topmost, to be put into something else or to be the result.
  virtual PickleReference pop() = 0;

  [[noreturn]] static void refuse_operation(std::uint8_t operation);
  /// Puts a value on the stack within which others lie `depth` deep.
  template <typename Value>
  void push(Value value, int depth = 0) {
    push_reference(std::make_shared<const PickleValue>(PickleValue{std::move(value), checked_depth(depth)}));
  }
  void push_reference(PickleReference value) { stack_.push_back(std::move(value)); }
  void push_tuple(std::vector<PickleReference> items);
  /// The topmost; `take` also takes it off.
  const PickleReference& top() const;
  PickleReference take();
  std::vector<PickleReference> pop_to_mark();
  /// The depth, where it is not too deep.
  static int checked_depth(int depth);

 private:
  void step(std::uint8_t operation);
  std::int64_t long_number();
  double floating_point_number();
  PickleGlobal global();
  std::size_t above_mark() const { return stack_.size() - (marks_.empty() ? 0 : marks_.back()); }
  std::vector<PickleReference> pop_several(std::size_t count);

  ByteReader pickle_;
  std::vector<PickleReference> stack_;
  std::vector<std::size_t> marks_;  // how high the stack was
};

/// How deep these lie in what holds them.
int depth_of(const std::vector<PickleReference>& items);

/// The value as that kind. `what`: what belongs there.
template <typename Kind>
const Kind& as(const PickleReference& value, const char* what) {
  const Kind* found = std::get_if<Kind>(&value->value);
  if (!found) refuse_archive(std::string("its pickle has something else where ") + what + " belongs");
  return *found;
}

/// The items of a tuple that has so many.
const std::vector<PickleReference>& items_of(const PickleReference& tuple, std::size_t count);

/// Bytes of each number in a storage of this type, such as "torch.HalfStorage"; nothing for those whose numbers are not
/// plain: quantised, complex or packed.
std::optional<std::int64_t> element_size(const std::string& storage);
/// What a storage's persistent id says: "storage", type, record, device, count.
PickleStorage to_storage(const std::vector<PickleReference>& id);
/// What torch._utils._rebuild_tensor_v2 takes first: storage, offset, sizes, strides.
PickleTensor to_tensor(const std::vector<PickleReference>& arguments);

}  // namespace deepcache_gen
