#include "backend/cuda_library.h"

#include <dlfcn.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace deepcache_gen {
namespace {

TEST(CudaLibraryProblem, NamesTheMissingLibraryAndWhatToDo) {
  ASSERT_EQ(::dlopen("libno_such_library.so.13", RTLD_NOW), nullptr);
  const std::string problem = cuda_library_problem(::dlerror());
  EXPECT_THAT(problem, testing::HasSubstr("is missing, libno_such_library.so.13; scripts/setup/ensure cuda installs"));
  EXPECT_THAT(problem, testing::HasSubstr("DEEPCACHE_GEN_LIBTORCH"));
}

TEST(CudaLibraryProblem, SaysWhatElseIsWrong) {
  EXPECT_EQ(cuda_library_problem("libtorch_cuda.so: undefined symbol: x"),
            "LibTorch's CUDA library can't be opened: libtorch_cuda.so: undefined symbol: x");
}

}  // namespace
}  // namespace deepcache_gen
