#pragma once

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "backend/cpu/processor.h"
#include "backend/relative_difference.h"

namespace deepcache_gen {

/// Runs a test in each dtype that it is instantiated with; skips bfloat16 where the processor does not have it.
class DtypeTest : public testing::TestWithParam<at::ScalarType> {
 protected:
  void SetUp() override {
    if (GetParam() == at::kBFloat16 && !processor_has_bfloat16()) GTEST_SKIP() << "this processor has no bfloat16";
  }

  static at::Tensor random(at::IntArrayRef sizes) { return at::randn(sizes).to(GetParam()); }
  static double tolerance() { return GetParam() == at::kFloat ? kFloatTolerance : kBfloat16Tolerance; }
};

}  // namespace deepcache_gen
