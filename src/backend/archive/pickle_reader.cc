#include "backend/archive/pickle_reader.h"

#include <algorithm>
#include <array>
#include <bit>
#include <optional>
#include <string_view>

#include "backend/archive/byte_reader.h"

namespace deepcache_gen {
namespace {

// Modules nest 11 deep, each in the dictionary of another, in both SD 2.1 and SDXL.
constexpr int kMaxDepth = 100;
constexpr std::uint64_t kProtocol = 2;

constexpr std::string_view kOrderedDict = "collections.OrderedDict", kRebuildTensor = "torch._utils._rebuild_tensor_v2";

// Those whose numbers are plain: not quantised, complex or packed. Bytes for each element.
constexpr std::array<std::pair<std::string_view, std::int64_t>, 9> kStorages{{{"torch.HalfStorage", 2},
                                                                              {"torch.FloatStorage", 4},
                                                                              {"torch.DoubleStorage", 8},
                                                                              {"torch.BFloat16Storage", 2},
                                                                              {"torch.LongStorage", 8},
                                                                              {"torch.IntStorage", 4},
                                                                              {"torch.ShortStorage", 2},
                                                                              {"torch.CharStorage", 1},
                                                                              {"torch.BoolStorage", 1}}};

std::optional<std::int64_t> element_size(const std::string& storage) {
  const auto* const found =
      std::find_if(kStorages.begin(), kStorages.end(), [&](const auto& known) { return known.first == storage; });
  if (found == kStorages.end()) return {};
  return found->second;
}

bool is_class(const std::string& global) { return global.starts_with("__torch__."); }

bool is_known(const std::string& global) {
  return is_class(global) || global == kOrderedDict || global == kRebuildTensor || element_size(global);
}

int depth_of(const std::vector<PickleReference>& items) {
  int depth = 0;
  for (const PickleReference& item : items) depth = std::max(depth, item->depth + 1);
  return depth;
}

template <typename Kind>
const Kind& as(const PickleReference& value, const char* what) {
  const Kind* found = std::get_if<Kind>(&value->value);
  if (!found) refuse_archive(std::string("its pickle has something else where ") + what + " belongs");
  return *found;
}

const std::vector<PickleReference>& items_of(const PickleReference& tuple, std::size_t count) {
  const std::vector<PickleReference>& items = as<PickleTuple>(tuple, "a tuple").items;
  if (items.size() != count) refuse_archive("its pickle has a tuple of another length than belongs there");
  return items;
}

std::int64_t whole_number(const PickleReference& value) { return as<std::int64_t>(value, "a whole number"); }

std::vector<std::int64_t> whole_numbers(const PickleReference& tuple) {
  std::vector<std::int64_t> numbers;
  for (const PickleReference& item : as<PickleTuple>(tuple, "a tuple").items) numbers.push_back(whole_number(item));
  return numbers;
}

// What may be put into something else, or be the result: all that is complete, so that nothing contains itself.
bool is_complete(const PickleValue& value) {
  const auto* global = std::get_if<PickleGlobal>(&value.value);
  return !std::holds_alternative<PickleDict>(value.value) && !(global && global->is_opened);
}

// What TorchScript's writer has ready for another use.
bool may_be_remembered(const PickleValue& value) {
  return is_complete(value) &&
         (std::holds_alternative<std::string>(value.value) || std::holds_alternative<PickleGlobal>(value.value) ||
          std::holds_alternative<PickleStorage>(value.value) || std::holds_alternative<PickleTensor>(value.value) ||
          std::holds_alternative<PickleObject>(value.value));
}

PickleStorage to_storage(const PickleReference& persistent_id) {
  const std::vector<PickleReference>& parts = items_of(persistent_id, 5);
  const std::string& type = as<PickleGlobal>(parts[1], "a type of numbers").name;
  const std::optional<std::int64_t> size = element_size(type);
  if (as<std::string>(parts[0], "a storage") != "storage" || as<std::string>(parts[3], "a device") != "cpu" || !size) {
    refuse_archive("its pickle has a storage of " + type + " that is none of the CPU's");
  }
  return {as<std::string>(parts[2], "the name of a record"), *size, whole_number(parts[4])};
}

// As torch._utils._rebuild_tensor_v2 takes it: storage, offset, sizes, strides, requires_grad, hooks.
PickleTensor to_tensor(const PickleReference& arguments) {
  const std::vector<PickleReference>& parts = items_of(arguments, 6);
  as<bool>(parts[4], "requires_grad");
  if (as<PickleGlobal>(parts[5], "an empty dictionary of hooks").name != kOrderedDict) {
    refuse_archive("its pickle has a tensor with hooks");
  }
  return {as<PickleStorage>(parts[0], "a storage"), whole_number(parts[1]), whole_numbers(parts[2]),
          whole_numbers(parts[3])};
}

// The stack machine. What lies below a mark is out of reach until the mark is taken.
class PickleMachine {
 public:
  explicit PickleMachine(std::span<const std::byte> pickle) : pickle_(pickle, "a pickle") {}

  PickleReference run() {
    if (pickle_.byte() != 0x80 || pickle_.byte() != kProtocol) refuse_archive("its pickle is not of protocol 2");
    for (auto operation = pickle_.byte(); operation != '.'; operation = pickle_.byte()) step(operation);
    PickleReference result = pop();
    if (!stack_.empty() || !marks_.empty() || pickle_.left() > 0) refuse_archive("its pickle goes on after its end");
    return result;
  }

 private:
  void step(std::uint8_t operation) {
    switch (operation) {
      case 'N':
        return push(PickleNone{});
      case 0x88:
        return push(true);
      case 0x89:
        return push(false);
      case 'K':
        return push(static_cast<std::int64_t>(pickle_.number(1)));
      case 'M':
        return push(static_cast<std::int64_t>(pickle_.number(2)));
      case 'J':
        return push(static_cast<std::int64_t>(static_cast<std::int32_t>(pickle_.number(4))));
      case 0x8a:
        return push(long_number());
      case 'G':
        return push(floating_point_number());
      case 'X':
        return push(std::string(pickle_.text(pickle_.number(4))));
      case 'c':
        return push(global());
      case ')':
        return push(PickleTuple{});
      case 0x85:
        return push_tuple(pop_several(1));
      case 0x86:
        return push_tuple(pop_several(2));
      case 0x87:
        return push_tuple(pop_several(3));
      case 't':
        return push_tuple(pop_to_mark());
      case '(':
        return marks_.push_back(stack_.size());
      case '}':
        return push(PickleDict{});
      case 'u':
        return set_items();
      case 0x81:
        return open_object();
      case 'b':
        return build_object();
      case 'Q':
        return push(to_storage(pop()));
      case 'R':
        return call();
      case 'q':
        return remember(pickle_.number(1));
      case 'r':
        return remember(pickle_.number(4));
      case 'h':
        return recall(pickle_.number(1));
      case 'j':
        return recall(pickle_.number(4));
      default:
        refuse_archive("its pickle has operation " + std::to_string(operation));
    }
  }

  std::int64_t long_number() {
    const std::uint64_t size = pickle_.number(1);
    if (size == 0 || size > 8) refuse_archive("its pickle has a number of " + std::to_string(size) + " bytes");
    const auto unused = static_cast<int>(64 - 8 * size);
    return static_cast<std::int64_t>(pickle_.number(size) << unused) >> unused;
  }

  // The highest byte first, unlike all other numbers.
  double floating_point_number() {
    std::uint64_t bits = 0;
    for (int i = 0; i < 8; ++i) bits = bits << 8 | pickle_.byte();
    return std::bit_cast<double>(bits);
  }

  PickleGlobal global() {
    const std::string_view module = pickle_.text_before('\n'), name = pickle_.text_before('\n');
    PickleGlobal global{std::string(module) + "." + std::string(name)};
    if (!is_known(global.name)) refuse_archive("its pickle names " + global.name);
    return global;
  }

  template <typename Value>
  void push(Value value, int depth = 0) {
    if (depth > kMaxDepth) refuse_archive("its pickle nests deeper than " + std::to_string(kMaxDepth));
    stack_.push_back(std::make_shared<const PickleValue>(PickleValue{std::move(value), depth}));
  }

  void push_tuple(std::vector<PickleReference> items) {
    const int depth = depth_of(items);
    push(PickleTuple{std::move(items)}, depth);
  }

  std::size_t above_mark() const { return stack_.size() - (marks_.empty() ? 0 : marks_.back()); }

  // The topmost, complete or not.
  PickleReference take() {
    if (above_mark() == 0) refuse_archive("its pickle takes what is not there");
    PickleReference top = std::move(stack_.back());
    stack_.pop_back();
    return top;
  }

  PickleReference pop() {
    PickleReference top = take();
    if (!is_complete(*top)) refuse_archive("its pickle uses an object that is not complete");
    return top;
  }

  std::vector<PickleReference> pop_several(std::size_t count) {
    std::vector<PickleReference> items(count);
    for (auto item = items.rbegin(); item != items.rend(); ++item) *item = pop();
    return items;
  }

  std::vector<PickleReference> pop_to_mark() {
    if (marks_.empty()) refuse_archive("its pickle has no mark where one belongs");
    std::vector<PickleReference> items = pop_several(above_mark());
    marks_.pop_back();
    return items;
  }

  void set_items() {
    const std::vector<PickleReference> items = pop_to_mark();
    PickleDict dict = as<PickleDict>(take(), "a dictionary");
    if (!dict.items.empty() || items.size() % 2 != 0) refuse_archive("its pickle has a dictionary that is none");
    for (std::size_t i = 0; i < items.size(); i += 2) {
      const std::string& name = as<std::string>(items[i], "the name of an attribute");
      if (!dict.items.emplace(name, items[i + 1]).second) refuse_archive("its pickle has '" + name + "' twice");
    }
    push(std::move(dict), depth_of(items));
  }

  void open_object() {
    items_of(pop(), 0);
    const PickleReference type = pop();
    const std::string& name = as<PickleGlobal>(type, "a class").name;
    if (!is_class(name)) refuse_archive("its pickle has an object of " + name);
    push(PickleGlobal{name, true});
  }

  void build_object() {
    const PickleReference state = take(), opened = take();
    const auto& type = as<PickleGlobal>(opened, "a class");
    if (!type.is_opened) refuse_archive("its pickle has an object of " + type.name + " that was not begun");
    push(PickleObject{type.name, as<PickleDict>(state, "a dictionary of attributes").items}, state->depth + 1);
  }

  void call() {
    const PickleReference arguments = pop(), function = pop();
    const std::string& name = as<PickleGlobal>(function, "a function").name;
    if (name == kRebuildTensor) return push(to_tensor(arguments));
    if (name != kOrderedDict) refuse_archive("its pickle calls " + name);
    items_of(arguments, 0);
    push(PickleGlobal{name});  // the dictionary is as good as its class: both are empty
  }

  // Numbers are given in order, so that nothing grows by a number that a file names.
  void remember(std::uint64_t number) {
    if (number != memory_.size() || above_mark() == 0 || !may_be_remembered(*stack_.back())) {
      refuse_archive("its pickle remembers what it should not");
    }
    memory_.push_back(stack_.back());
  }

  void recall(std::uint64_t number) {
    if (number >= memory_.size()) refuse_archive("its pickle recalls what is not there");
    stack_.push_back(memory_[number]);
  }

  ByteReader pickle_;
  std::vector<PickleReference> stack_;
  std::vector<std::size_t> marks_;  // how high the stack was
  std::vector<PickleReference> memory_;
};

}  // namespace

PickleReference read_pickle(std::span<const std::byte> pickle) { return PickleMachine(pickle).run(); }

}  // namespace deepcache_gen
