#include "backend/archive/pickle_machine.h"

#include <algorithm>
#include <array>
#include <bit>

namespace deepcache_gen {
namespace {

// Modules nest 11 deep, each in the dictionary of another, in both SD 2.1 and SDXL.
constexpr int kMaxDepth = 100;
constexpr std::uint64_t kProtocol = 2;

constexpr std::array<std::pair<std::string_view, std::int64_t>, 9> kStorages{{{"torch.HalfStorage", 2},
                                                                              {"torch.FloatStorage", 4},
                                                                              {"torch.DoubleStorage", 8},
                                                                              {"torch.BFloat16Storage", 2},
                                                                              {"torch.LongStorage", 8},
                                                                              {"torch.IntStorage", 4},
                                                                              {"torch.ShortStorage", 2},
                                                                              {"torch.CharStorage", 1},
                                                                              {"torch.BoolStorage", 1}}};

std::int64_t whole_number(const PickleReference& value) { return as<std::int64_t>(value, "a whole number"); }

std::vector<std::int64_t> whole_numbers(const PickleReference& tuple) {
  std::vector<std::int64_t> numbers;
  for (const PickleReference& item : as<PickleTuple>(tuple, "a tuple").items) numbers.push_back(whole_number(item));
  return numbers;
}

}  // namespace

PickleReference PickleMachine::run() {
  if (pickle_.byte() != 0x80 || pickle_.byte() != kProtocol) refuse_archive("its pickle is not of protocol 2");
  for (auto operation = pickle_.byte(); operation != '.'; operation = pickle_.byte()) step(operation);
  PickleReference result = pop();
  if (!stack_.empty() || !marks_.empty() || pickle_.left() > 0) refuse_archive("its pickle goes on after its end");
  return result;
}

void PickleMachine::step(std::uint8_t operation) {
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
    case 'q':
      return remember(pickle_.number(1));
    case 'r':
      return remember(pickle_.number(4));
    case 'h':
      return recall(pickle_.number(1));
    case 'j':
      return recall(pickle_.number(4));
    default:
      return step_further(operation);
  }
}

void PickleMachine::refuse_operation(std::uint8_t operation) {
  refuse_archive("its pickle has operation " + std::to_string(operation));
}

std::int64_t PickleMachine::long_number() {
  const std::uint64_t size = pickle_.number(1);
  if (size == 0 || size > 8) refuse_archive("its pickle has a number of " + std::to_string(size) + " bytes");
  const auto unused = static_cast<int>(64 - 8 * size);
  return static_cast<std::int64_t>(pickle_.number(size) << unused) >> unused;
}

// The highest byte first, unlike all other numbers.
double PickleMachine::floating_point_number() {
  std::uint64_t bits = 0;
  for (int i = 0; i < 8; ++i) bits = bits << 8 | pickle_.byte();
  return std::bit_cast<double>(bits);
}

PickleGlobal PickleMachine::global() {
  const std::string_view module = pickle_.text_before('\n'), name = pickle_.text_before('\n');
  PickleGlobal global{std::string(module) + "." + std::string(name)};
  if (!is_known(global.name)) refuse_archive("its pickle names " + global.name);
  return global;
}

void PickleMachine::push_tuple(std::vector<PickleReference> items) {
  const int depth = depth_of(items);
  push(PickleTuple{std::move(items)}, depth);
}

const PickleReference& PickleMachine::top() const {
  if (above_mark() == 0) refuse_archive("its pickle takes what is not there");
  return stack_.back();
}

PickleReference PickleMachine::take() {
  PickleReference taken = top();
  stack_.pop_back();
  return taken;
}

std::vector<PickleReference> PickleMachine::pop_several(std::size_t count) {
  std::vector<PickleReference> items(count);
  for (auto item = items.rbegin(); item != items.rend(); ++item) *item = pop();
  return items;
}

std::vector<PickleReference> PickleMachine::pop_to_mark() {
  if (marks_.empty()) refuse_archive("its pickle has no mark where one belongs");
  std::vector<PickleReference> items = pop_several(above_mark());
  marks_.pop_back();
  return items;
}

int PickleMachine::checked_depth(int depth) {
  if (depth > kMaxDepth) refuse_archive("its pickle nests deeper than " + std::to_string(kMaxDepth));
  return depth;
}

int depth_of(const std::vector<PickleReference>& items) {
  int depth = 0;
  for (const PickleReference& item : items) depth = std::max(depth, item->depth + 1);
  return depth;
}

const std::vector<PickleReference>& items_of(const PickleReference& tuple, std::size_t count) {
  const std::vector<PickleReference>& items = as<PickleTuple>(tuple, "a tuple").items;
  if (items.size() != count) refuse_archive("its pickle has a tuple of another length than belongs there");
  return items;
}

std::optional<std::int64_t> element_size(const std::string& storage) {
  const auto* const found =
      std::find_if(kStorages.begin(), kStorages.end(), [&](const auto& known) { return known.first == storage; });
  if (found == kStorages.end()) return {};
  return found->second;
}

PickleStorage to_storage(const std::vector<PickleReference>& id) {
  const std::string& type = as<PickleGlobal>(id[1], "a type of numbers").name;
  const std::optional<std::int64_t> size = element_size(type);
  if (as<std::string>(id[0], "a storage") != "storage" || !size) {
    refuse_archive("its pickle has a storage of " + type + " that is none of the CPU's");
  }
  return {as<std::string>(id[2], "the name of a record"), *size, whole_number(id[4]), type};
}

PickleTensor to_tensor(const std::vector<PickleReference>& arguments) {
  return {as<PickleStorage>(arguments[0], "a storage"), whole_number(arguments[1]), whole_numbers(arguments[2]),
          whole_numbers(arguments[3])};
}

}  // namespace deepcache_gen
