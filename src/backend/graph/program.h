#pragma once

#include <ATen/core/ivalue.h>
#include <ATen/core/stack.h>

#include <cstddef>
#include <functional>
#include <optional>
#include <vector>

namespace deepcache_gen {

/// Takes its inputs off the end of the stack, the last input last, and puts its outputs there: what LibTorch's own
/// operators do.
using Operation = std::function<void(torch::jit::Stack&)>;

/// Operations without control flow, run one after the other. A value lives from the operation that makes it to the last
/// one that reads it, so an operation that is handed the only reference to a tensor may overwrite it.
class Program {
 public:
  using Register = std::size_t;

  /// A register that keeps `value` from run to run.
  Register add_constant(c10::IValue value);
  /// A register that holds input number `input_count()` of a run.
  Register add_input();
  /// Adds an operation and returns the registers of its outputs.
  std::vector<Register> add(Operation operation, const std::vector<Register>& inputs, std::size_t output_count);
  /// Says which registers a run returns, and ends the program.
  void finish(const std::vector<Register>& outputs);
  /// Everything that depends on no other input than this one is computed once per tensor, not once per run: `run` keeps
  /// those values for as long as the tensors live that it was given there, such as the prompts of both halves of
  /// guidance and of one; of those that live, for the 16 last used. Call it after `finish`. Throws `Error` where there
  /// is no such input.
  void hold_input(std::size_t input);
  /// Says that operations compute with other numbers now: what was kept of the held input is computed again.
  void forget_held() { held_.clear(); }
  /// Says that a tensor of the held input has other numbers now: what was kept of it is computed again, into the same
  /// memory.
  void reread_held(const at::Tensor& input);

  std::size_t input_count() const { return inputs_.size(); }
  /// One value per input; returns one per output. Throws what the operations throw, and `Error` for another number
  /// of inputs, or where an operation makes another number of outputs than it was added with.
  std::vector<c10::IValue> run(const std::vector<at::Tensor>& inputs);

 private:
  struct Operand {
    Register from;
    bool last_use = false;
  };
  struct Instruction {
    Operation operation;
    std::vector<Operand> inputs;
    std::vector<Register> outputs;
  };
  struct Held {
    c10::weak_intrusive_ptr<at::TensorImpl> input;
    std::vector<c10::IValue> values;  // of `held_registers_`
  };
  class Activations;
  void execute(Instruction& instruction);
  std::vector<Held>::iterator find_held(const at::Tensor& input);
  void take_held(const at::Tensor& input);
  void keep_held(const at::Tensor& input);
  void mark_last_uses();

  std::vector<c10::IValue> registers_;
  std::vector<bool> is_kept_;  // of each register: constants, and what was computed from the held input
  std::vector<Register> inputs_, outputs_;
  std::vector<Instruction> instructions_, held_instructions_;
  std::size_t held_input_ = 0;
  std::vector<Register> held_registers_;
  std::vector<Held> held_;  // the last used first
  torch::jit::Stack stack_;
};

}  // namespace deepcache_gen
