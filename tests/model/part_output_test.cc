#include "model/part_output.h"

#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "model/returning_module.h"
#include "support/error.h"

namespace deepcache_gen {
namespace {

using testing::HasSubstr;
using testing::ThrowsMessage;

const at::Tensor kGiven = at::zeros({1, 2});

void expect_output_refused(const std::vector<at::Tensor>& outputs, const std::string& reason) {
  EXPECT_THAT([&] { run_part(ReturningModule(outputs), "unet.pt: up.3", {kGiven}); },
              ThrowsMessage<Error>(HasSubstr("unet.pt: up.3 returned " + reason)));
}

TEST(PartOutput, IsTheOneTensorThatIsReturned) {
  const at::Tensor returned = at::ones({3});
  EXPECT_TRUE(run_part(ReturningModule({returned}), "out", {kGiven}).is_same(returned));
}

TEST(PartOutput, IsRefusedInAnotherNumber) {
  expect_output_refused({}, "0 tensors where 1 is expected");
  expect_output_refused({kGiven, kGiven}, "2 tensors where 1 is expected");
  EXPECT_THAT([] { run_part(ReturningModule({kGiven}), "out", {kGiven}, 2); },
              ThrowsMessage<Error>(HasSubstr("out returned 1 tensor where 2 are expected")));
}

TEST(PartOutput, IsRefusedIfItIsNoTensorOfNumbers) {
  expect_output_refused({at::Tensor()}, "nothing where a tensor is expected");
  expect_output_refused({at::ones({2}, at::kLong)}, "numbers of Long on cpu where floating-point numbers on cpu");
  expect_output_refused({at::ones({2}, at::kBool)}, "numbers of Bool");
  expect_output_refused({at::ones({2}, at::kComplexFloat)}, "numbers of ComplexFloat");
  expect_output_refused({at::eye(2).to_sparse()}, "numbers of Float");
  expect_output_refused({at::empty({2}, at::device(at::kMeta))}, "numbers of Float on meta where");
}

TEST(PartOutput, MustHaveTheSizesThatAreExpected) {
  const at::Tensor output = at::ones({2, 3});
  require_sizes(output, "out", {2, 3});
  require_sizes(output, "out", {kAnySize, 3});
  const auto expect_size_refused = [&](const at::Tensor& tensor, const std::vector<std::int64_t>& sizes) {
    EXPECT_THROW(require_sizes(tensor, "out", sizes), Error) << at::IntArrayRef(sizes);
  };
  expect_size_refused(output, {2, 4});
  expect_size_refused(output, {2});
  expect_size_refused(output, {2, 3, 1});
  expect_size_refused(output, {});
  expect_size_refused(at::ones({2, 0}), {2, kAnySize});
  EXPECT_THAT(
      [&] {
        require_sizes(output, "out", {2, kAnySize, 4});
      },
      ThrowsMessage<Error>(HasSubstr("out returned a tensor of shape [2, 3] where [2, any, 4] is expected")));
}

}  // namespace
}  // namespace deepcache_gen
