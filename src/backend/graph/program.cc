#include "backend/graph/program.h"

#include <algorithm>
#include <set>
#include <string>

#include "support/error.h"

namespace deepcache_gen {

Program::Register Program::add_constant(c10::IValue value) {
  registers_.push_back(std::move(value));
  is_kept_.push_back(true);
  return registers_.size() - 1;
}

Program::Register Program::add_input() {
  registers_.emplace_back();
  is_kept_.push_back(false);
  inputs_.push_back(registers_.size() - 1);
  return inputs_.back();
}

std::vector<Program::Register> Program::add(Operation operation, const std::vector<Register>& inputs,
                                            std::size_t output_count) {
  Instruction instruction{std::move(operation), {}, {}};
  for (const Register input : inputs) instruction.inputs.push_back({input});
  for (std::size_t i = 0; i < output_count; ++i) {
    instruction.outputs.push_back(registers_.size());
    registers_.emplace_back();
    is_kept_.push_back(false);
  }
  instructions_.push_back(std::move(instruction));
  return instructions_.back().outputs;
}

void Program::finish(const std::vector<Register>& outputs) {
  outputs_ = outputs;
  mark_last_uses();
}

void Program::mark_last_uses() {
  std::set<Register> read_later(outputs_.begin(), outputs_.end());
  for (auto instruction = instructions_.rbegin(); instruction != instructions_.rend(); ++instruction) {
    for (auto operand = instruction->inputs.rbegin(); operand != instruction->inputs.rend(); ++operand) {
      operand->last_use = !is_kept_[operand->from] && read_later.insert(operand->from).second;
    }
  }
}

void Program::hold_input(std::size_t input) {
  if (input >= inputs_.size()) {
    throw Error("takes " + std::to_string(inputs_.size()) + " inputs, needs " + std::to_string(input + 1) +
                " or more; export the model again");
  }
  held_input_ = input;
  std::set<Register> held{inputs_[input]};
  const auto depends_on_held_only = [&](const Instruction& instruction) {
    bool depends = false;
    for (const Operand& operand : instruction.inputs) {
      const bool from_held = held.contains(operand.from);
      if (!from_held && !is_kept_[operand.from]) return false;
      depends = depends || from_held;
    }
    return depends;
  };
  std::vector<Instruction> others;
  for (Instruction& instruction : instructions_) {
    const bool holds = depends_on_held_only(instruction);
    if (holds) {
      held.insert(instruction.outputs.begin(), instruction.outputs.end());
      for (Operand& operand : instruction.inputs) operand.last_use = false;
    }
    (holds ? held_instructions_ : others).push_back(std::move(instruction));
  }
  instructions_ = std::move(others);
  held.erase(inputs_[input]);
  held_registers_.assign(held.begin(), held.end());
  for (const Register kept : held_registers_) is_kept_[kept] = true;
  mark_last_uses();
}

void Program::execute(Instruction& instruction) {
  for (const Operand& operand : instruction.inputs) {
    if (operand.last_use) {
      stack_.push_back(std::move(registers_[operand.from]));
    } else {
      stack_.push_back(registers_[operand.from]);
    }
  }
  instruction.operation(stack_);
  if (stack_.size() != instruction.outputs.size()) {
    throw Error("an operator returned " + std::to_string(stack_.size()) + " values where " +
                std::to_string(instruction.outputs.size()) + " are expected; export the model again");
  }
  for (auto output = instruction.outputs.rbegin(); output != instruction.outputs.rend(); ++output) {
    registers_[*output] = std::move(stack_.back());
    stack_.pop_back();
  }
}

// What a run holds until it ends, be it by an operation that throws: the memory of an image that did not fit would
// otherwise be missing for the next.
class Program::Activations {
 public:
  explicit Activations(Program& program) : program_(program) {}
  Activations(const Activations&) = delete;
  Activations& operator=(const Activations&) = delete;
  ~Activations() {
    program_.stack_.clear();
    for (std::size_t i = 0; i < program_.registers_.size(); ++i) {
      if (!program_.is_kept_[i]) program_.registers_[i] = c10::IValue();
    }
  }

 private:
  Program& program_;
};

std::vector<Program::Held>::iterator Program::find_held(const at::Tensor& input) {
  // The weak reference keeps the address from being given to another tensor, so equal addresses are the same tensor.
  return std::find_if(held_.begin(), held_.end(),
                      [&](const Held& held) { return held.input._unsafe_get_target() == input.unsafeGetTensorImpl(); });
}

void Program::take_held(const at::Tensor& input) {
  const auto known = find_held(input);
  if (known == held_.end()) return keep_held(input);
  std::rotate(held_.begin(), known, known + 1);
  for (std::size_t i = 0; i < held_registers_.size(); ++i) registers_[held_registers_[i]] = held_.front().values[i];
}

void Program::keep_held(const at::Tensor& input) {
  constexpr std::size_t kMostHeld = 16;
  for (Instruction& instruction : held_instructions_) execute(instruction);
  std::erase_if(held_, [](const Held& held) { return held.input.expired(); });
  if (held_.size() == kMostHeld) held_.pop_back();
  Held held{c10::weak_intrusive_ptr<at::TensorImpl>(input.getIntrusivePtr()), {}};
  for (const Register kept : held_registers_) held.values.push_back(registers_[kept]);
  held_.insert(held_.begin(), std::move(held));
}

void Program::reread_held(const at::Tensor& input) {
  const auto known = find_held(input);
  if (known == held_.end()) return;
  const Activations activations(*this);
  registers_[inputs_[held_input_]] = input;
  for (Instruction& instruction : held_instructions_) execute(instruction);
  // Views of what has its new numbers already, such as the keys and values that were one product, have them too.
  std::vector<at::Tensor> renewed{input};
  for (std::size_t i = 0; i < held_registers_.size(); ++i) {
    if (!known->values[i].isTensor()) continue;
    const at::Tensor old = known->values[i].toTensor();
    const bool is_view = std::any_of(renewed.begin(), renewed.end(), [&](const at::Tensor& other) {
      return old.is_alias_of(other) && old.numel() <= other.numel();
    });
    if (!is_view) renewed.push_back(old.copy_(registers_[held_registers_[i]].toTensor()));
    registers_[held_registers_[i]] = known->values[i];
  }
}

std::vector<c10::IValue> Program::run(const std::vector<at::Tensor>& inputs) {
  if (inputs.size() != inputs_.size()) {
    throw Error("takes " + std::to_string(inputs_.size()) + " inputs, got " + std::to_string(inputs.size()));
  }
  const Activations activations(*this);
  for (std::size_t i = 0; i < inputs.size(); ++i) registers_[inputs_[i]] = inputs[i];
  if (!held_instructions_.empty()) take_held(inputs[held_input_]);
  for (Instruction& instruction : instructions_) execute(instruction);
  std::vector<c10::IValue> outputs;
  for (const Register output : outputs_) outputs.push_back(registers_[output]);
  return outputs;
}

}  // namespace deepcache_gen
