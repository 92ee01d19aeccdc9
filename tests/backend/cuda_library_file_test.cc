#include "backend/cuda_library_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/environment_variable.h"
#include "support/temporary_folder.h"

namespace deepcache_gen {
namespace {

using testing::HasSubstr;

constexpr const char* kInEnvironment = "lib/python3.12/site-packages/torch/";

class CudaLibraryFileTest : public testing::Test {
 protected:
  // An environment as pip leaves it.
  void add_torch(const std::string& environment, const std::string& version) {
    const std::string torch = environment + "/" + kInEnvironment;
    std::filesystem::create_directories(folder_ / (torch + "lib"));
    write_text(folder_ / (torch + "lib/libtorch_cuda.so"), "");
    write_text(folder_ / (torch + "version.py"), "from typing import Optional\n__version__ = '" + version + "'\n");
  }

  TemporaryFolder folder_;
  EnvironmentVariable data_{"XDG_DATA_HOME", folder_.path()};
  EnvironmentVariable libtorch_{"DEEPCACHE_GEN_LIBTORCH", std::nullopt};
};

TEST_F(CudaLibraryFileTest, IsNowhereByItself) {
  EXPECT_FALSE(names_libtorch());
  EXPECT_FALSE(find_cuda_library_file("2.11.0"));
}

TEST_F(CudaLibraryFileTest, IsInTheUsersEnvironment) {
  add_torch("deepcache-gen/venv", "2.11.0+cu130");
  const auto found = find_cuda_library_file("2.11.0");
  ASSERT_TRUE(found);
  EXPECT_EQ(found->problem, "");
  EXPECT_EQ(found->file, folder_ / (std::string("deepcache-gen/venv/") + kInEnvironment + "lib/libtorch_cuda.so"));
}

TEST_F(CudaLibraryFileTest, TheVariableMayLeadToAnyOfItsFolders) {
  add_torch("deepcache-gen/venv", "2.11.0");
  add_torch("mine", "2.11.0");
  for (const char* below : {"", "lib/python3.12/site-packages", "lib/python3.12/site-packages/torch",
                            "lib/python3.12/site-packages/torch/lib"}) {
    const EnvironmentVariable named("DEEPCACHE_GEN_LIBTORCH", (folder_ / "mine" / below).string());
    EXPECT_TRUE(names_libtorch());
    const auto found = find_cuda_library_file("2.11.0");
    ASSERT_TRUE(found) << below;
    EXPECT_EQ(found->file.lexically_normal(),
              folder_ / (std::string("mine/") + kInEnvironment + "lib/libtorch_cuda.so"));
    EXPECT_EQ(found->problem, "");
  }
}

TEST_F(CudaLibraryFileTest, AFolderWithoutItIsAProblem) {
  add_torch("deepcache-gen/venv", "2.11.0");
  const EnvironmentVariable named("DEEPCACHE_GEN_LIBTORCH", (folder_ / "none").string());
  const auto found = find_cuda_library_file("2.11.0");
  ASSERT_TRUE(found);
  EXPECT_THAT(found->problem, HasSubstr("/none' has no libtorch_cuda.so; it must lead to a Python environment with "
                                        "torch 2.11.0"));
}

TEST_F(CudaLibraryFileTest, OfAnotherVersionIsAProblem) {
  add_torch("deepcache-gen/venv", "2.9.1+cu128");
  const auto found = find_cuda_library_file("2.11.0");
  ASSERT_TRUE(found);
  EXPECT_THAT(found->problem, HasSubstr("is of torch 2.9.1, and this program runs with 2.11.0"));
}

}  // namespace
}  // namespace deepcache_gen
