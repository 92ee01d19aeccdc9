#include "backend/archive/saved_pickle.h"

#include <algorithm>
#include <array>
#include <map>
#include <memory>

#include "backend/archive/pickle_machine.h"

namespace deepcache_gen {
namespace {

constexpr std::string_view kRebuildParameter = "torch._utils._rebuild_parameter";
constexpr std::string_view kParameterDict = "torch.nn.modules.container.ParameterDict";
// Python 2's name for it is what protocol 2 has.
constexpr std::array<std::string_view, 2> kSets{"__builtin__.set", "builtins.set"};

bool is_opened(const PickleValue& value) {
  const auto* global = std::get_if<PickleGlobal>(&value.value);
  return global && global->is_opened;
}

bool is_set(const std::string& global) { return std::find(kSets.begin(), kSets.end(), global) != kSets.end(); }

// Python's writer notes a dictionary or list before it fills it. While it is being filled it stands on the stack alone,
// in `open_`; taken into something else it changes no more, and may be recalled. So nothing contains itself.
class SavedMachine : public PickleMachine {
 public:
  explicit SavedMachine(std::span<const std::byte> pickle) : PickleMachine(pickle) {}

 private:
  bool is_known(const std::string& global) const override {
    return global == kOrderedDict || global == kRebuildTensor || global == kRebuildParameter ||
           global == kParameterDict || is_set(global) || element_size(global);
  }

  void step_further(std::uint8_t operation) override {
    switch (operation) {
      case '}':
        return open(PickleDict{});
      case ']':
        return open(PickleTuple{});
      case 's':
        return set_items(pop_pair());
      case 'u':
        return set_items(pop_to_mark());
      case 'a':
        return append({pop()});
      case 'e':
        return append(pop_to_mark());
      case 0x81:
        return open_object();
      case 'b':
        return build_object();
      case 'Q':
        return push_storage();
      case 'R':
        return call();
      default:
        refuse_operation(operation);
    }
  }

  PickleReference pop() override {
    PickleReference popped = take();
    if (is_opened(*popped)) refuse_archive("its pickle uses an object that is not complete");
    open_.erase(popped.get());
    return popped;
  }

  std::vector<PickleReference> pop_pair() {
    PickleReference value = pop(), key = pop();
    return {std::move(key), std::move(value)};
  }

  template <typename Container>
  void open(Container container) {
    const auto value = std::make_shared<PickleValue>(PickleValue{std::move(container), 0});
    open_[value.get()] = value;
    push_reference(value);
  }

  // The dictionary or list on top of the stack.
  template <typename Container>
  Container& filled(const std::vector<PickleReference>& items, const char* what) {
    const auto found = open_.find(top().get());
    Container* const container = found == open_.end() ? nullptr : std::get_if<Container>(&found->second->value);
    if (!container) refuse_archive(std::string("its pickle has something else where ") + what + " belongs");
    found->second->depth = std::max(found->second->depth, checked_depth(depth_of(items)));
    return *container;
  }

  void set_items(const std::vector<PickleReference>& items) {
    auto& dict = filled<PickleDict>(items, "a dictionary");
    if (items.size() % 2 != 0) refuse_archive("its pickle has a dictionary that is none");
    for (std::size_t i = 0; i < items.size(); i += 2) {
      const std::string& key = as<std::string>(items[i], "a text as a dictionary's key");
      if (!dict.items.emplace(key, items[i + 1]).second) refuse_archive("its pickle has '" + key + "' twice");
    }
  }

  void append(const std::vector<PickleReference>& items) {
    auto& list = filled<PickleTuple>(items, "a list");
    list.items.insert(list.items.end(), items.begin(), items.end());
  }

  void open_object() {
    items_of(pop(), 0);
    const PickleReference type = pop();
    const std::string& name = as<PickleGlobal>(type, "a class").name;
    if (name == kOrderedDict) return open(PickleDict{});
    if (name != kParameterDict) refuse_archive("its pickle has an object of " + name);
    push(PickleGlobal{name, true});
  }

  void build_object() {
    const PickleReference state = pop(), opened = take();
    const auto& type = as<PickleGlobal>(opened, "a class");
    if (!type.is_opened) refuse_archive("its pickle has an object of " + type.name + " that was not begun");
    auto object = std::make_shared<PickleValue>(
        PickleValue{PickleObject{type.name, as<PickleDict>(state, "a dictionary of attributes").items},
                    checked_depth(state->depth + 1)});
    if (const auto noted = opened_at_.extract(opened.get())) memory_[noted.mapped()] = object;
    push_reference(object);
  }

  void push_storage() {
    const PickleReference id = pop();
    push(to_storage(items_of(id, 5)));
  }

  void call() {
    const PickleReference arguments = pop(), function = pop();
    const std::string& name = as<PickleGlobal>(function, "a function").name;
    const std::vector<PickleReference>& items = as<PickleTuple>(arguments, "a tuple").items;
    if (name == kRebuildTensor) return push(to_tensor(items_of(arguments, 6)));
    if (name == kRebuildParameter) return push(as<PickleTensor>(items_of(arguments, 3)[0], "a tensor"));
    if (name == kOrderedDict && items.empty()) return open(PickleDict{});
    if (is_set(name) && items.size() == 1) return push_reference(items[0]);
    refuse_archive("its pickle calls " + name);
  }

  // Numbers are given in order, so that nothing grows by a number that a file names.
  void remember(std::uint64_t number) override {
    const bool is_noted = is_opened(*top()) && !opened_at_.emplace(top().get(), number).second;
    if (number != memory_.size() || is_noted) refuse_archive("its pickle remembers what it should not");
    memory_.push_back(top());
  }

  void recall(std::uint64_t number) override {
    if (number >= memory_.size()) refuse_archive("its pickle recalls what is not there");
    const PickleReference& noted = memory_[number];
    if (open_.contains(noted.get()) || is_opened(*noted)) refuse_archive("its pickle has what holds itself");
    push_reference(noted);
  }

  std::map<const PickleValue*, std::shared_ptr<PickleValue>> open_;
  std::vector<PickleReference> memory_;
  std::map<const PickleValue*, std::size_t> opened_at_;  // where in `memory_` an object is that has only been begun
};

}  // namespace

PickleReference read_saved_pickle(std::span<const std::byte> pickle) { return SavedMachine(pickle).run(); }

}  // namespace deepcache_gen
