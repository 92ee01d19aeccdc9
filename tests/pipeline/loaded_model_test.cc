#include "pipeline/loaded_model.h"

#include <ATen/ATen.h>
#include <c10/core/InferenceMode.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace deepcache_gen {
namespace {

class LoadedEmbeddedModel : public testing::Test {
 protected:
  at::Tensor output() const {
    const Conditioning text{at::ones({1, 64, model_.unet().context_size}), {}};
    const at::Tensor latents = at::ones({1, model_.latent_channels, 8, 8});
    return loaded_.unet(false).full({latents, at::full({1}, 500.0), text}, 0).model_output;
  }

  const c10::InferenceMode inference_;
  const ModelInfo model_ = read_model_info(EMBEDDED_MODEL_DIR);
  LoadedModel loaded_{VerifiedModel(model_), {c10::kCPU, at::kFloat}, 0};
};

// As diffusers names them.
TEST_F(LoadedEmbeddedModel, ItsUNetsWeightsArePatchedByTheirPublishedNames) {
  const WeightSizes weights = loaded_.patchable_weights().at(kUNet);
  const std::string name = "down_blocks.0.resnets.0.conv1.weight";
  ASSERT_TRUE(weights.contains(name));
  EXPECT_EQ(weights.at(name).size(), 4u);
  EXPECT_TRUE(weights.contains("conv_in.weight"));
  EXPECT_TRUE(weights.contains("conv_out.weight"));
  EXPECT_TRUE(weights.contains("time_embedding.linear_1.weight"));

  const at::Tensor plain = output();
  loaded_.patch({{kUNet, {{name, at::full(weights.at(name), 0.5)}}}});
  EXPECT_FALSE(output().equal(plain));
  loaded_.patch({});
  EXPECT_TRUE(output().equal(plain));
}

ModelInfo of_size(std::uintmax_t bytes, const std::string& dtype) {
  ModelInfo model{.dtype = dtype};
  model.parts[kUNet] = {"unet.pt", {}};
  model.files["unet.pt"].size = bytes;
  return model;
}

TEST(FitTogether, CountsBothUNetsInTheDtypeThatTheyAreComputedIn) {
  constexpr std::int64_t kGiB = std::int64_t{1} << 30;
  ModelInfo model = of_size(5 * kGiB, "float16");
  model.refiner = std::make_shared<const ModelInfo>(of_size(4 * kGiB, "float16"));
  const Placement half{c10::kCPU, at::kBFloat16}, single{c10::kCPU, at::kFloat};
  EXPECT_TRUE(fit_together(model, half, 14 * kGiB));
  EXPECT_FALSE(fit_together(model, half, 12 * kGiB));
  EXPECT_FALSE(fit_together(model, single, 20 * kGiB));
  EXPECT_TRUE(fit_together(model, single, 23 * kGiB));
}

// Its refiner is the same model: which of the two is loaded must not show.
TEST(LoadedModelAndRefiner, TakeTurnsWhereThereIsNoRoomForBoth) {
  const c10::InferenceMode inference;
  ModelInfo model = read_model_info(EMBEDDED_MODEL_DIR);
  model.refiner = std::make_shared<const ModelInfo>(model);
  const Placement placement{c10::kCPU, at::kFloat};
  const Conditioning text{at::ones({1, 64, model.unet().context_size}), {}};
  const at::Tensor latents = at::ones({1, model.latent_channels, 8, 8});
  const auto output = [&](const LoadedModel& loaded, bool refines) {
    return loaded.unet(refines).full({latents, at::full({1}, 500.0), text}, 0).model_output;
  };
  const LoadedModel in_turns{VerifiedModel(model), placement, 0};
  EXPECT_TRUE(in_turns.takes_turns());
  const at::Tensor first = output(in_turns, false);
  EXPECT_TRUE(output(in_turns, true).equal(first));
  EXPECT_TRUE(output(in_turns, false).equal(first));
  EXPECT_FALSE((LoadedModel{VerifiedModel(model), placement, std::int64_t{1} << 40}.takes_turns()));
}

}  // namespace
}  // namespace deepcache_gen
