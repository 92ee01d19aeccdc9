#include "backend/cuda_settings.h"

#include <ATen/Context.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/error.h"

namespace deepcache_gen {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
using testing::ThrowsMessage;

constexpr c10::ScalarType kFloat32 = c10::ScalarType::Float;

Placement cuda(c10::ScalarType dtype) { return {c10::Device(c10::DeviceType::CUDA, 0), dtype}; }

Placement cpu(c10::ScalarType dtype) { return {c10::Device(c10::DeviceType::CPU), dtype}; }

void apply(const Placement& placement, bool tf32) { apply_cuda_settings(placement, {.tf32 = tf32}); }

// What LibTorch's CUDA library asks before it multiplies.
bool multiplies_in_tf32() {
  return at::globalContext().float32Precision(at::Float32Backend::CUDA, at::Float32Op::MATMUL) ==
         at::Float32Precision::TF32;
}
bool convolves_in_tf32() { return at::globalContext().allowTF32CuDNN(at::Float32Op::CONV); }

TEST(CudaSettings, Float32IsFullPrecisionUnlessAskedOtherwise) {
  apply(cuda(kFloat32), true);
  EXPECT_TRUE(multiplies_in_tf32());
  EXPECT_TRUE(convolves_in_tf32());
  apply(cuda(kFloat32), false);
  EXPECT_FALSE(multiplies_in_tf32());
  EXPECT_FALSE(convolves_in_tf32());
}

TEST(CudaSettings, TheOlderFlagsOfLibTorchAgreeWithTheNewer) {
  for (const bool tf32 : {true, false}) {
    apply(cuda(kFloat32), tf32);
    EXPECT_EQ(at::globalContext().allowTF32CuBLAS(), tf32) << "it throws where they differ";
    EXPECT_EQ(at::globalContext().allowTF32CuDNN(), tf32) << "it throws where they differ";
  }
}

TEST(CudaSettings, WhatA16BitModelKeepsInFloat32MayBeConvolvedInTf32) {
  apply(cuda(c10::ScalarType::Half), false);
  EXPECT_FALSE(multiplies_in_tf32());
  EXPECT_TRUE(convolves_in_tf32());
}

TEST(CudaSettings, CudnnTakesTheSameAlgorithmsInEveryRun) {
  at::globalContext().setBenchmarkCuDNN(true);
  apply(cuda(kFloat32), false);
  EXPECT_FALSE(at::globalContext().benchmarkCuDNN());
  EXPECT_TRUE(at::globalContext().deterministicCuDNN());
}

TEST(CudaSettings, CudnnTimesItsAlgorithmsWhereThatIsAskedFor) {
  apply_cuda_settings(cuda(kFloat32), {.cudnn_benchmark = true});
  EXPECT_TRUE(at::globalContext().benchmarkCuDNN());
  EXPECT_FALSE(at::globalContext().deterministicCuDNN());
}

TEST(CudaSettings, RefusesToTimeAlgorithmsOnTheCpu) {
  EXPECT_THAT([] { apply_cuda_settings(cpu(kFloat32), {.cudnn_benchmark = true}); },
              ThrowsMessage<UsageError>(AllOf(HasSubstr("--cudnn-benchmark"), HasSubstr("--device cuda"))));
}

TEST(CudaSettings, LeavesTheCpusOwnPrecisionAlone) {
  const auto of_the_cpu = [] {
    return at::globalContext().float32Precision(at::Float32Backend::MKLDNN, at::Float32Op::MATMUL);
  };
  const at::Float32Precision before = of_the_cpu();
  apply(cuda(kFloat32), true);
  EXPECT_EQ(of_the_cpu(), before);
}

TEST(CudaSettings, RefusesTf32ForAnythingButFloat32OnAGpu) {
  EXPECT_THAT([] { apply(cpu(kFloat32), true); },
              ThrowsMessage<UsageError>(AllOf(HasSubstr("--tf32"), HasSubstr("fp32 on cpu"), Not(HasSubstr("\n")))));
  EXPECT_THAT([] { apply(cuda(c10::ScalarType::Half), true); },
              ThrowsMessage<UsageError>(AllOf(HasSubstr("fp16 on cuda:0"), HasSubstr("--dtype fp32"))));
}

TEST(CudaSettings, TensorCoresConvolveInEverythingButFullFloat32) {
  EXPECT_FALSE(convolves_on_tensor_cores(cpu(c10::ScalarType::BFloat16)));
  EXPECT_TRUE(convolves_on_tensor_cores(cuda(c10::ScalarType::Half)));
  apply(cuda(kFloat32), false);
  EXPECT_FALSE(convolves_on_tensor_cores(cuda(kFloat32)));
  apply(cuda(kFloat32), true);
  EXPECT_TRUE(convolves_on_tensor_cores(cuda(kFloat32)));
}

}  // namespace
}  // namespace deepcache_gen
