#include "backend/cuda/plugin_library.h"

#include <dlfcn.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "backend/cuda_plugin_identity.h"

namespace deepcache_gen {
namespace {

// Neither library needs a driver to be opened; what is missing among their symbols would show.
class PluginLibrary : public testing::Test {
 protected:
  void SetUp() override {
    if (!kPluginIsBuilt) GTEST_SKIP() << "this build has no CUDA plugin";
    if (::dlopen("libtorch_cuda.so", RTLD_NOW | RTLD_GLOBAL) == nullptr) GTEST_SKIP() << ::dlerror();
  }

#ifdef DEEPCACHE_GEN_HAS_CUDA_PLUGIN
  static constexpr bool kPluginIsBuilt = true;
#else
  static constexpr bool kPluginIsBuilt = false;
#endif
};

TEST_F(PluginLibrary, GivesThePlugin) {
  const OpenedPlugin opened = open_plugin(kPluginLibrary, kCudaPluginIdentity);
  EXPECT_NE(opened.plugin, nullptr) << opened.problem;
  EXPECT_EQ(opened.problem, "");
}

TEST_F(PluginLibrary, IsRefusedWhereItIsOfAnotherBuild) {
  const OpenedPlugin opened = open_plugin(kPluginLibrary, "0.0.1-0123456789abcdef");
  EXPECT_EQ(opened.plugin, nullptr);
  EXPECT_THAT(opened.problem, testing::HasSubstr("of another build than this program"));
}

TEST(PluginLibraries, MustBeThere) {
  const OpenedPlugin opened = open_plugin("libno_such_plugin.so", kCudaPluginIdentity);
  EXPECT_EQ(opened.plugin, nullptr);
  EXPECT_THAT(opened.problem, testing::HasSubstr("libno_such_plugin.so: cannot open shared object file"));
}

TEST(PluginLibraries, MustHaveTheFunctionThatGivesOne) {
  EXPECT_THAT(open_plugin("libm.so.6", kCudaPluginIdentity).problem,
              testing::HasSubstr("libm.so.6 is of another build"));
}

}  // namespace
}  // namespace deepcache_gen
