#include "backend/foreign_errors.h"

#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace deepcache_gen {
namespace {

using testing::StartsWith;
using testing::ThrowsMessage;

// As LibTorch throws it; what is sent on is a copy of the type.
[[noreturn]] void run_out_of_cuda_memory() {
  TORCH_CHECK_WITH(OutOfMemoryError, false, "CUDA out of memory. Tried to allocate 2.00 GiB. GPU 0 has ...");
  std::abort();
}

void translate(void (*body)()) { translate_errors("unet.pt: mid", body); }

TEST(TranslateErrors, KnowsThatACudaDeviceHasNoMemoryLeft) {
  EXPECT_THAT([] { translate([] { run_out_of_cuda_memory(); }); },
              ThrowsMessage<OutOfMemory>(StartsWith("unet.pt: mid: ")));
}

TEST(TranslateErrors, KnowsItFromTheInterpretersText) {
  EXPECT_THROW(translate([] {
                 throw std::runtime_error(
                     "The following operation failed in the TorchScript interpreter.\nRuntimeError: CUDA out of "
                     "memory. Tried to allocate 2.00 GiB.\n");
               }),
               OutOfMemory);
  EXPECT_THROW(translate([] { throw std::runtime_error("RuntimeError: std::bad_alloc\n"); }), OutOfMemory);
}

TEST(TranslateErrors, KnowsItFromTheCudaLibraries) {
  for (const char* text : {"CUDA error: out of memory", "CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `x`",
                           "cuDNN error: CUDNN_STATUS_INTERNAL_ERROR_DEVICE_ALLOCATION_FAILED"}) {
    EXPECT_TRUE(tells_out_of_memory(std::runtime_error(text))) << text;
  }
}

TEST(TranslateErrors, KnowsThatTheCpuHasNoMemoryLeft) {
  // What LibTorch 2.11 says; module_archive_test.cc runs out of memory in earnest.
  EXPECT_THROW(translate([] {
                 TORCH_CHECK(false, "DefaultCPUAllocator: can't allocate memory: you tried to allocate 4 bytes. ",
                             "Error code 12 (Cannot allocate memory)");
               }),
               OutOfMemory);
}

TEST(TranslateErrors, TheOuterOneKeepsTheKind) {
  const auto outer = [] { translate([] { translate_errors("inner", run_out_of_cuda_memory); }); };
  EXPECT_THAT(outer, ThrowsMessage<OutOfMemory>(StartsWith("unet.pt: mid: inner: ")));
}

TEST(TranslateErrors, LeavesOtherErrorsWhatTheyAre) {
  EXPECT_FALSE(tells_out_of_memory(std::runtime_error("shapes do not match")));
  EXPECT_FALSE(tells_out_of_memory(Error("out of memory.png: can't be written")));
  try {
    translate([] { at::zeros({2}).view({3}); });
    FAIL() << "a wrong shape was accepted";
  } catch (const OutOfMemory&) {
    FAIL() << "a wrong shape is no lack of memory";
  } catch (const Error&) {
  }
}

TEST(TranslateErrors, SayTheLineThatTellsWhatFailed) {
  const auto expect_line = [](const std::string& text, const std::string& line) {
    EXPECT_THAT([&] { translate_errors("unet.pt", [&] { throw std::runtime_error(text); }); },
                ThrowsMessage<Error>("unet.pt: " + line));
  };
  expect_line("\nUnknown builtin op: aten::x.\n:\n    return torch.x(y)\n           ~~~~~~~ <--- HERE\n",
              "Unknown builtin op: aten::x.");
  expect_line("The following operation failed in the TorchScript interpreter.\nTraceback\n  x\nRuntimeError: a size\n",
              "RuntimeError: a size");
  expect_line(" \n", "a failure without words");
  expect_line(std::string(1000, 'x'), std::string(300, 'x') + "...");
}

TEST(TranslateErrors, TheHeapsOwnErrorStays) {
  EXPECT_THROW(translate([] { throw std::bad_alloc(); }), std::bad_alloc);
}

}  // namespace
}  // namespace deepcache_gen
