#include "support/user_folder.h"

#include <gtest/gtest.h>

#include "support/environment_variable.h"

namespace deepcache_gen {
namespace {

TEST(UserFolder, IsBelowTheVariable) {
  const EnvironmentVariable home("HOME", "/home/me");
  const EnvironmentVariable xdg("XDG_CACHE_HOME", "/fast");
  EXPECT_EQ(user_folder("XDG_CACHE_HOME", ".cache"), "/fast/deepcache-gen");
}

TEST(UserFolder, IsBelowTheHomeWhereTheVariableIsNoAbsolutePath) {
  const EnvironmentVariable home("HOME", "/home/me");
  for (const std::optional<std::string>& unusable : {std::optional<std::string>(), {""}, {"relative/path"}}) {
    const EnvironmentVariable xdg("XDG_CACHE_HOME", unusable);
    EXPECT_EQ(user_folder("XDG_CACHE_HOME", ".cache"), "/home/me/.cache/deepcache-gen");
  }
}

TEST(UserFolder, IsNowhereWithoutAHome) {
  const EnvironmentVariable xdg("XDG_CACHE_HOME", std::nullopt);
  for (const std::optional<std::string>& unusable : {std::optional<std::string>(), {""}}) {
    const EnvironmentVariable home("HOME", unusable);
    EXPECT_EQ(user_folder("XDG_CACHE_HOME", ".cache"), std::nullopt);
  }
}

}  // namespace
}  // namespace deepcache_gen
