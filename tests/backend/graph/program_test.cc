#include "backend/graph/program.h"

#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <stdexcept>

#include "support/error.h"

namespace deepcache_gen {
namespace {

using testing::HasSubstr;
using testing::ThrowsMessage;
using torch::jit::Stack;
using WeakTensor = c10::weak_intrusive_ptr<at::TensorImpl>;

at::Tensor number(float value) { return at::full({1}, value); }
float value_of(const c10::IValue& value) { return value.toTensor().item<float>(); }

void add_numbers(Stack& stack) {
  const at::Tensor right = torch::jit::pop(stack).toTensor(), left = torch::jit::pop(stack).toTensor();
  stack.emplace_back(left + right);
}

void multiply_numbers(Stack& stack) {
  const at::Tensor right = torch::jit::pop(stack).toTensor(), left = torch::jit::pop(stack).toTensor();
  stack.emplace_back(left * right);
}

void negate(Stack& stack) { stack.emplace_back(-torch::jit::pop(stack).toTensor()); }

// The negative, and how often it was asked for.
Operation counted_negate(int& calls) {
  return [&calls](Stack& stack) {
    ++calls;
    negate(stack);
  };
}

// The negative, and how many references to the input there were.
Operation watched_negate(std::size_t& references) {
  return [&references](Stack& stack) {
    const at::Tensor input = torch::jit::pop(stack).toTensor();
    references = input.use_count();
    stack.emplace_back(-input);
  };
}

Operation negate_or_throw(const bool& throws) {
  return [&throws](Stack& stack) {
    if (throws) throw std::runtime_error("out of luck");
    negate(stack);
  };
}

TEST(Program, RefusesAnOperationOfAnotherNumberOfOutputs) {
  for (const std::size_t count : {std::size_t{0}, std::size_t{2}}) {
    Program program;
    const auto input = program.add_input();
    program.add(negate, {input}, count);
    program.finish({input});
    EXPECT_THAT([&] { program.run({number(1)}); }, ThrowsMessage<Error>(HasSubstr("returned 1 values where")));
  }
}

TEST(Program, RefusesToHoldAnInputThatThereIsNot) {
  Program program;
  program.finish({program.add_input()});
  EXPECT_THAT([&] { program.hold_input(1); }, ThrowsMessage<Error>(HasSubstr("takes 1 inputs, needs 2 or more")));
}

TEST(Program, RunsOperationsOneAfterTheOther) {
  Program program;
  const auto a = program.add_input(), b = program.add_input(), ten = program.add_constant(number(10));
  const auto sum = program.add(add_numbers, {a, b}, 1).at(0);
  program.finish({program.add(multiply_numbers, {sum, ten}, 1).at(0)});
  EXPECT_EQ(program.input_count(), 2u);
  EXPECT_EQ(value_of(program.run({number(2), number(3)}).at(0)), 50);
  EXPECT_EQ(value_of(program.run({number(4), number(5)}).at(0)), 90);
}

TEST(Program, PassesInputsAndTakesOutputsInOrder) {
  Program program;
  const auto a = program.add_input(), b = program.add_input();
  const auto swap = [](Stack& stack) { std::swap(stack.end()[-1], stack.end()[-2]); };
  const auto swapped = program.add(swap, {a, b}, 2);
  program.finish({swapped.at(0), swapped.at(1)});
  const auto outputs = program.run({number(1), number(2)});
  ASSERT_EQ(outputs.size(), 2u);
  EXPECT_EQ(value_of(outputs[0]), 2);
  EXPECT_EQ(value_of(outputs[1]), 1);
}

TEST(Program, ReturnsInputsAndConstantsToo) {
  Program program;
  const auto input = program.add_input();
  program.finish({input, program.add_constant(number(7)), input});
  for (const float value : {1.0f, 2.0f}) {
    const auto outputs = program.run({number(value)});
    ASSERT_EQ(outputs.size(), 3u);
    EXPECT_EQ(value_of(outputs[0]), value);
    EXPECT_EQ(value_of(outputs[1]), 7);
    EXPECT_EQ(value_of(outputs[2]), value);
  }
}

TEST(Program, HandsTheOnlyReferenceToTheLastReader) {
  Program program;
  std::size_t first = 0, last = 0;
  const auto value = program.add(negate, {program.add_input()}, 1).at(0);
  const auto a = program.add(watched_negate(first), {value}, 1).at(0);
  const auto b = program.add(watched_negate(last), {value}, 1).at(0);
  program.finish({a, b});
  program.run({number(1)});
  EXPECT_GT(first, 1u) << "the value is read again";
  EXPECT_EQ(last, 1u);
}

TEST(Program, SharesWhatItStillNeeds) {
  Program program;
  std::size_t input_references = 0, constant_references = 0, output_references = 0;
  const auto input = program.add(watched_negate(input_references), {program.add_input()}, 1).at(0);
  const auto constant = program.add(watched_negate(constant_references), {program.add_constant(number(1))}, 1).at(0);
  const auto copy = program.add(watched_negate(output_references), {constant}, 1).at(0);
  program.finish({input, constant, copy});
  program.run({number(1)});
  EXPECT_GT(input_references, 1u) << "the caller has it too";
  EXPECT_GT(constant_references, 1u) << "the next run reads it";
  EXPECT_GT(output_references, 1u) << "the run returns it";
}

TEST(Program, HandsAValueTwiceToAnOperationThatReadsItTwice) {
  Program program;
  const auto value = program.add(negate, {program.add_input()}, 1).at(0);
  program.finish({program.add(multiply_numbers, {value, value}, 1).at(0)});
  EXPECT_EQ(value_of(program.run({number(3)}).at(0)), 9);
}

TEST(Program, FreesAValueAfterItsLastReader) {
  Program program;
  WeakTensor made{at::Tensor().getIntrusivePtr()};
  bool freed = false;
  const auto make = [&](Stack& stack) {
    negate(stack);
    made = WeakTensor(stack.back().toTensor().getIntrusivePtr());
  };
  const auto look = [&](Stack& stack) {
    freed = made.expired();
    negate(stack);
  };
  const auto value = program.add(make, {program.add_input()}, 1).at(0);
  const auto read = program.add(negate, {value}, 1).at(0);
  program.finish({program.add(look, {read}, 1).at(0)});
  program.run({number(1)});
  EXPECT_TRUE(freed);
}

TEST(Program, KeepsNoInputsAndOutputsAfterARun) {
  Program program;
  const auto input = program.add_input();
  program.finish({program.add(negate, {input}, 1).at(0), input});
  const at::Tensor given = number(1);
  const at::Tensor returned = program.run({given}).at(0).toTensor();
  EXPECT_EQ(given.use_count(), 1u);
  EXPECT_EQ(returned.use_count(), 1u);
}

TEST(Program, RefusesAnotherNumberOfInputs) {
  Program program;
  program.finish({program.add(negate, {program.add_input()}, 1).at(0)});
  EXPECT_THAT([&] { program.run({}); }, ThrowsMessage<Error>(HasSubstr("takes 1 inputs, got 0")));
  EXPECT_THROW(program.run({number(1), number(2)}), Error);
  EXPECT_EQ(value_of(program.run({number(1)}).at(0)), -1);
}

TEST(Program, CanBeRunAgainAfterAnOperationThrew) {
  Program program;
  bool throws = true;
  const auto value = program.add(negate, {program.add_input()}, 1).at(0);
  const auto result = program.add(negate_or_throw(throws), {value}, 1).at(0);
  program.finish({program.add(add_numbers, {result, program.add_constant(number(1))}, 1).at(0)});
  EXPECT_THROW(program.run({number(5)}), std::runtime_error);
  throws = false;
  EXPECT_EQ(value_of(program.run({number(6)}).at(0)), 7);
}

// result = -held + varying, where the negative is held.
class HeldInput : public testing::Test {
 protected:
  HeldInput() {
    const auto varying = program.add_input(), held = program.add_input();
    const auto negative = program.add(counted_negate(calls), {held}, 1).at(0);
    program.finish({program.add(add_numbers, {negative, varying}, 1).at(0)});
    program.hold_input(1);
  }
  float run(float varying, const at::Tensor& held) { return value_of(program.run({number(varying), held}).at(0)); }

  int calls = 0;
  Program program;
};

TEST_F(HeldInput, IsReadOncePerTensor) {
  const at::Tensor held = number(10);
  EXPECT_EQ(run(1, held), -9);
  EXPECT_EQ(run(2, held), -8);
  EXPECT_EQ(run(3, held), -7);
  EXPECT_EQ(calls, 1);
}

TEST_F(HeldInput, IsReadAgainWhenItIsAnotherTensor) {
  const at::Tensor first = number(10), second = number(20);
  EXPECT_EQ(run(1, first), -9);
  EXPECT_EQ(run(1, second), -19);
  EXPECT_EQ(run(1, first), -9);
}

// Both halves of guidance and one of them take turns, at several sizes.
TEST_F(HeldInput, IsReadOncePerTensorThatLives) {
  const at::Tensor first = number(10), second = number(20);
  for (int turn = 0; turn < 3; ++turn) {
    EXPECT_EQ(run(1, first), -9);
    EXPECT_EQ(run(1, second), -19);
    EXPECT_EQ(run(1, number(30)), -29) << "which lives no longer";
  }
  EXPECT_EQ(calls, 2 + 3);
  program.forget_held();
  EXPECT_EQ(run(1, first), -9);
  EXPECT_EQ(calls, 6);
}

TEST_F(HeldInput, IsKeptOfSixteenTensorsAtMost) {
  std::vector<at::Tensor> tensors;
  for (int i = 0; i < 17; ++i) run(1, tensors.emplace_back(number(static_cast<float>(i))));
  run(1, tensors[1]);
  EXPECT_EQ(calls, 17);
  run(1, tensors[0]);
  EXPECT_EQ(calls, 18);
}

// A recording reads what is held at the place where it was.
TEST_F(HeldInput, IsReadAgainIntoTheSameMemory) {
  const at::Tensor held = number(10), other = number(20);
  run(1, held);
  held.fill_(30);
  EXPECT_EQ(run(1, held), -9) << "nobody said so";
  program.reread_held(held);
  EXPECT_EQ(run(1, held), -29);
  EXPECT_EQ(calls, 2);
  program.reread_held(other);
  EXPECT_EQ(calls, 2) << "of a tensor that was never given nothing is kept";
}

TEST(Program, RereadsViewsWithWhatTheyAreViewsOf) {
  const auto split = [](Stack& stack) {
    const at::Tensor product = torch::jit::pop(stack).toTensor() * 2;
    stack.emplace_back(product);
    stack.emplace_back(product.narrow(0, 1, 1));
  };
  at::Tensor seen;
  const auto look = [&seen](Stack& stack) {
    seen = torch::jit::pop(stack).toTensor();
    stack.emplace_back(seen + torch::jit::pop(stack).toTensor());
  };
  Program program;
  const auto held = program.add_input();
  const auto parts = program.add(split, {held}, 2);
  program.finish({program.add(look, {parts[0], parts[1]}, 1).at(0), program.add(negate, {program.add_input()}, 1)[0]});
  program.hold_input(0);
  const at::Tensor input = at::tensor({1.0F, 2.0F});
  program.run({input, number(0)});
  const at::Tensor before = seen;
  input.copy_(at::tensor({3.0F, 5.0F}));
  program.reread_held(input);
  EXPECT_EQ(before.item<float>(), 10) << "what was held is where it was";
  EXPECT_TRUE(at::equal(program.run({input, number(0)}).at(0).toTensor(), at::tensor({16.0F, 20.0F})));
}

TEST_F(HeldInput, IsNotMistakenForOneThatWasFreed) {
  for (int i = 0; i < 100; ++i) ASSERT_EQ(run(1, number(static_cast<float>(i))), 1 - i);
  EXPECT_EQ(calls, 100);
}

TEST_F(HeldInput, DoesNotOutliveItsOwner) {
  at::Tensor held = number(10);
  const WeakTensor watched(held.getIntrusivePtr());
  run(1, held);
  EXPECT_EQ(held.use_count(), 1u);
  held.reset();
  EXPECT_TRUE(watched.expired());
}

TEST(HeldInputOfAProgram, MayAlsoBeReadWithOthersBefore) {
  Program program;
  const auto varying = program.add_input(), held = program.add_input();
  const auto product = program.add(multiply_numbers, {varying, held}, 1).at(0);
  const auto negative = program.add(negate, {held}, 1).at(0);
  program.finish({program.add(add_numbers, {product, negative}, 1).at(0)});
  program.hold_input(1);
  const at::Tensor tensor = number(10);
  for (const float value : {2.0f, 3.0f}) {
    EXPECT_EQ(value_of(program.run({number(value), tensor}).at(0)), value * 10 - 10);
  }
}

TEST(HeldInputOfAProgram, MayBeReadAfterWhatWasHeld) {
  Program program;
  std::size_t references = 0;
  const auto varying = program.add_input(), held = program.add_input();
  const auto negative = program.add(negate, {held}, 1).at(0);
  const auto watched = program.add(watched_negate(references), {negative}, 1).at(0);
  const auto product = program.add(multiply_numbers, {varying, watched}, 1).at(0);
  const auto twice = program.add(add_numbers, {product, negative}, 1).at(0);
  program.finish({program.add(add_numbers, {twice, held}, 1).at(0)});
  program.hold_input(1);
  const at::Tensor tensor = number(10);
  for (const float value : {2.0f, 3.0f}) {
    EXPECT_EQ(value_of(program.run({number(value), tensor}).at(0)), value * 10);
  }
  EXPECT_GT(references, 1u) << "a later run reads it";
}

TEST(HeldInputOfAProgram, IsNotOverwrittenByItsReader) {
  Program program;
  const auto varying = program.add_input(), held = program.add_input();
  const auto negative = program.add(negate, {held}, 1).at(0);
  const auto add_in_place = [](Stack& stack) {
    const at::Tensor addend = torch::jit::pop(stack).toTensor(), sum = torch::jit::pop(stack).toTensor();
    stack.emplace_back(sum.use_count() == 1 ? sum.add_(addend) : sum + addend);
  };
  program.finish({program.add(add_in_place, {negative, varying}, 1).at(0)});
  program.hold_input(1);
  const at::Tensor tensor = number(10);
  for (const float value : {1.0f, 2.0f}) {
    EXPECT_EQ(value_of(program.run({number(value), tensor}).at(0)), value - 10);
  }
}

TEST(HeldInputOfAProgram, MayBeAllThatIsReturned) {
  Program program;
  const auto held = program.add_input();
  program.finish({program.add(negate, {held}, 1).at(0), held});
  program.hold_input(0);
  const at::Tensor first = number(1), second = number(2);
  for (const at::Tensor& tensor : {first, first, second}) {
    const auto outputs = program.run({tensor});
    EXPECT_EQ(value_of(outputs.at(0)), -tensor.item<float>());
    EXPECT_EQ(value_of(outputs.at(1)), tensor.item<float>());
  }
}

TEST(HeldInputOfAProgram, IsRightAgainAfterAnOperationThrew) {
  Program program;
  bool throws = false;
  const auto held = program.add_input();
  const auto negative = program.add(negate, {held}, 1).at(0);
  const auto positive = program.add(negate_or_throw(throws), {negative}, 1).at(0);
  program.finish({negative, positive});
  program.hold_input(0);
  const at::Tensor first = number(1), second = number(2);
  program.run({first});
  throws = true;
  EXPECT_THROW(program.run({second}), std::runtime_error);
  throws = false;
  for (const at::Tensor& tensor : {first, second}) {
    const auto outputs = program.run({tensor});
    EXPECT_EQ(value_of(outputs.at(0)), -tensor.item<float>());
    EXPECT_EQ(value_of(outputs.at(1)), tensor.item<float>());
  }
}

TEST(Program, KeepsNothingOfARunThatFailed) {
  Program program;
  const auto input = program.add_input();
  const auto negative = program.add(negate, {input}, 1).front();
  const auto fails = program.add([](Stack&) { throw Error("fails"); }, {negative}, 1).front();
  program.finish({program.add(add_numbers, {negative, fails}, 1).front()});
  std::optional<WeakTensor> passed;
  {
    const at::Tensor value = number(1);
    passed.emplace(value.getIntrusivePtr());
    EXPECT_THROW(program.run({value}), Error);
  }
  EXPECT_TRUE(passed->expired());
}

}  // namespace
}  // namespace deepcache_gen
