#include "schedulers/linear_form.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <map>
#include <string>

#include "schedulers/config_of.h"
#include "schedulers/made_up_noise.h"
#include "schedulers/sampler.h"

namespace deepcache_gen {
namespace {

// Those of the CPU, counted.
class CountedOperators final : public FusedOperators {
 public:
  at::Tensor group_norm(const GroupNormInputs& inputs) const override {
    return fused_operators_on_cpu().group_norm(inputs);
  }
  at::Tensor geglu(const at::Tensor& both) const override { return fused_operators_on_cpu().geglu(both); }
  at::Tensor weighted_sum(std::span<const WeighedTensor> terms) const override {
    counts.push_back(static_cast<int>(terms.size()));
    return fused_operators_on_cpu().weighted_sum(terms);
  }

  mutable std::vector<int> counts;  ///< of terms, of each sum
};

at::Tensor tensor_of(float first) { return at::tensor({first, first + 1, -first}); }

class LinearFormTest : public testing::Test {
 protected:
  LinearForm form(const at::Tensor& tensor) const { return LinearForm(tensor, &operators_); }

  const at::Tensor a_ = tensor_of(1), b_ = tensor_of(2), c_ = tensor_of(5);
  const CountedOperators operators_;
};

TEST_F(LinearFormTest, DoesEachOperationAtOnceWithoutFusedOperators) {
  const at::Tensor made = (3 * LinearForm(a_) - LinearForm(b_) / 7 + LinearForm(c_) * 0.3F) / 2;
  EXPECT_TRUE(at::equal(made, (3 * a_ - b_ / 7 + c_ * 0.3F) / 2)) << "to the last bit";
}

TEST_F(LinearFormTest, AddsAllTermsAtOnce) {
  const at::Tensor made = (3 * form(a_) - form(b_) / 7 + form(c_) * 0.3F) / 2;
  EXPECT_TRUE(at::allclose(made, (3 * a_ - b_ / 7 + c_ * 0.3F) / 2, 1e-6, 0)) << made;
  EXPECT_EQ(operators_.counts, std::vector{3});
}

TEST_F(LinearFormTest, ReadsEachTensorOnceAndNoneThatCancelsOut) {
  const at::Tensor made = form(a_) * 2 + form(b_) - (form(a_) * 5 - form(c_)) - form(b_);
  EXPECT_TRUE(at::allclose(made, c_ - 3 * a_, 1e-6, 0)) << made;
  EXPECT_EQ(operators_.counts, std::vector{2});
  const at::Tensor nothing = form(a_) - form(a_);
  EXPECT_TRUE(at::equal(nothing, at::zeros({3})));
}

TEST_F(LinearFormTest, OneTensorIsItself) {
  EXPECT_TRUE(at::Tensor(form(a_)).is_same(a_));
  EXPECT_TRUE(at::Tensor(LinearForm(a_)).is_same(a_));
  EXPECT_TRUE(operators_.counts.empty());
}

TEST_F(LinearFormTest, TakesMoreTermsThanASumHas) {
  LinearForm sum = form(tensor_of(0));
  at::Tensor expected = tensor_of(0);
  for (int i = 1; i < 20; ++i) {
    const at::Tensor tensor = tensor_of(static_cast<float>(i));
    sum = sum + form(tensor) * i;
    expected = expected + tensor * i;
  }
  EXPECT_TRUE(at::allclose(sum, expected, 1e-6, 0));
  EXPECT_EQ(operators_.counts, (std::vector{8, 8, 6}));
}

// What a device is given of a step beside the UNet.
TEST(FusedSampler, TakesAStepInOnePassOverMemory) {
  // Unipc corrects the step before and takes its own.
  const std::map<std::string, std::size_t> more{{"unipc", 2}};
  for (const std::string& name : sampler_names()) {
    SCOPED_TRACE(name);
    const CountedOperators operators;
    const auto sampler = make_sampler(config_of(name), 8, 0, &operators);
    MadeUpNoise noise([] { return at::randn({1, 4, 2, 2}); });
    at::Tensor latents = at::randn({1, 4, 2, 2});
    for (const Step& step : sampler->steps()) {
      operators.counts.clear();
      latents = sampler->advance(latents, sampler->prediction(latents, at::randn({1, 4, 2, 2}), step), step, noise);
      const bool is_first = step.index == 0;
      EXPECT_LE(operators.counts.size(), more.contains(name) && !is_first ? more.at(name) : 1) << step.index;
    }
  }
}

}  // namespace
}  // namespace deepcache_gen
