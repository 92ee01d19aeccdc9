#include "pipeline/tensor_history.h"

#include <ATen/core/Tensor.h>
#include <ATen/ops/tensor.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace deepcache_gen {
namespace {

float value(const at::Tensor& tensor) { return tensor.to(at::kFloat).item<float>(); }

TEST(TensorHistory, HasTheLastOneWhereNothingIsCarriedOn) {
  TensorHistory history;
  EXPECT_FALSE(history.last().defined());
  history.keep(at::tensor(4.0F), 8);
  EXPECT_EQ(value(history.at(4, 1)), 4) << "of one no change is known";
  history.keep(at::tensor(6.0F), 4);
  EXPECT_EQ(value(history.at(2, 0)), 6);
}

TEST(TensorHistory, CarriesAPartOfTheChangePerLogSigmaOn) {
  TensorHistory history;
  history.keep(at::tensor(4.0F), 8);
  history.keep(at::tensor(6.0F), 2);
  EXPECT_FLOAT_EQ(value(history.at(1, 1)), 7) << "from 8 to 2 by two, from 2 to 1 by half of that";
  EXPECT_FLOAT_EQ(value(history.at(1, 0.5)), 6.5);
  EXPECT_FLOAT_EQ(value(history.at(2, 1)), 6);
}

TEST(TensorHistory, HoldsWhereALevelHasNoLogarithm) {
  TensorHistory history;
  history.keep(at::tensor(4.0F), std::numeric_limits<double>::infinity());
  history.keep(at::tensor(6.0F), 2);
  EXPECT_EQ(value(history.at(1, 1)), 6);
  EXPECT_EQ(value(history.at(0, 1)), 6);
  history.keep(at::tensor(8.0F), 2);
  EXPECT_EQ(value(history.at(1, 1)), 8) << "two of one level";
}

TEST(TensorHistory, SubtractsInFloat32) {
  TensorHistory history;
  history.keep(at::tensor(256.0F).to(at::kBFloat16), 4);
  history.keep(at::tensor(258.0F).to(at::kBFloat16), 2);
  const at::Tensor moved = history.at(1, 1);
  EXPECT_EQ(moved.scalar_type(), at::kBFloat16);
  EXPECT_EQ(value(moved), 260);
}

TEST(TensorHistory, ForgetsAll) {
  TensorHistory history;
  history.keep(at::tensor(4.0F), 8);
  history.clear();
  EXPECT_FALSE(history.last().defined());
}

}  // namespace
}  // namespace deepcache_gen
