#include <ATen/Context.h>
#include <gtest/gtest.h>

// LibTorch seeds its generator anew in every process; tests of random tensors then fail once in a hundred times.

namespace deepcache_gen {
namespace {

class SameRandomNumbers : public testing::EmptyTestEventListener {
  void OnTestStart(const testing::TestInfo&) override { at::manual_seed(1); }
};

[[maybe_unused]] const bool is_listening = [] {
  testing::UnitTest::GetInstance()->listeners().Append(new SameRandomNumbers);  // which owns it
  return true;
}();

}  // namespace
}  // namespace deepcache_gen
