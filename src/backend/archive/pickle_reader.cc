#include "backend/archive/pickle_reader.h"

#include "backend/archive/pickle_machine.h"

namespace deepcache_gen {
namespace {

bool is_class(const std::string& global) { return global.starts_with("__torch__."); }

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

class ScriptMachine : public PickleMachine {
 public:
  explicit ScriptMachine(std::span<const std::byte> pickle) : PickleMachine(pickle) {}

 private:
  bool is_known(const std::string& global) const override {
    return is_class(global) || global == kOrderedDict || global == kRebuildTensor || element_size(global);
  }

  void step_further(std::uint8_t operation) override {
    switch (operation) {
      case '}':
        return push(PickleDict{});
      case 'u':
        return set_items();
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
    if (!is_complete(*popped)) refuse_archive("its pickle uses an object that is not complete");
    return popped;
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

  void push_storage() {
    const PickleReference id = pop();
    const std::vector<PickleReference>& parts = items_of(id, 5);
    PickleStorage storage = to_storage(parts);
    if (as<std::string>(parts[3], "a device") != "cpu") {
      refuse_archive("its pickle has a storage of " + storage.type + " that is none of the CPU's");
    }
    push(std::move(storage));
  }

  void call() {
    const PickleReference arguments = pop(), function = pop();
    const std::string& name = as<PickleGlobal>(function, "a function").name;
    if (name == kRebuildTensor) return push(tensor_of(items_of(arguments, 6)));
    if (name != kOrderedDict) refuse_archive("its pickle calls " + name);
    items_of(arguments, 0);
    push(PickleGlobal{name});  // the dictionary is as good as its class: both are empty
  }

  // Behind what makes the tensor: requires_grad, hooks.
  static PickleTensor tensor_of(const std::vector<PickleReference>& arguments) {
    as<bool>(arguments[4], "requires_grad");
    if (as<PickleGlobal>(arguments[5], "an empty dictionary of hooks").name != kOrderedDict) {
      refuse_archive("its pickle has a tensor with hooks");
    }
    return to_tensor(arguments);
  }

  // Numbers are given in order, so that nothing grows by a number that a file names.
  void remember(std::uint64_t number) override {
    if (number != memory_.size() || !may_be_remembered(*top())) {
      refuse_archive("its pickle remembers what it should not");
    }
    memory_.push_back(top());
  }

  void recall(std::uint64_t number) override {
    if (number >= memory_.size()) refuse_archive("its pickle recalls what is not there");
    push_reference(memory_[number]);
  }

  std::vector<PickleReference> memory_;
};

}  // namespace

PickleReference read_pickle(std::span<const std::byte> pickle) { return ScriptMachine(pickle).run(); }

}  // namespace deepcache_gen
