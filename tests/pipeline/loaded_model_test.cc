#include "pipeline/loaded_model.h"

#include <ATen/ATen.h>
#include <c10/core/InferenceMode.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace deepcache_gen {
namespace {

using testing::ElementsAre;

class LoadedEmbeddedModel : public testing::Test {
 protected:
  at::Tensor output() const {
    const Conditioning text{at::ones({1, 64, model_.unet().context_size}), {}};
    const at::Tensor latents = at::ones({1, model_.latent_channels, 8, 8});
    return unet_.full({latents, at::full({1}, 500.0), text}, 0).model_output;
  }

  const c10::InferenceMode inference_;
  const ModelInfo model_ = read_model_info(EMBEDDED_MODEL_DIR);
  const WeightNames& names_ = model_.part(kUNet).weights;
  LoadedModel loaded_ = load_model(VerifiedModel(model_), {c10::kCPU, at::kFloat});
  UNetLadder& unet_ = loaded_.unets.at(kUNet);
};

// As diffusers names them.
TEST_F(LoadedEmbeddedModel, ItsUNetsWeightsArePatchedByTheirPublishedNames) {
  const WeightSizes weights = unet_.patchable_weights(names_);
  const std::string name = "down_blocks.0.resnets.0.conv1.weight";
  ASSERT_TRUE(weights.contains(name));
  EXPECT_EQ(weights.at(name).size(), 4u);
  EXPECT_TRUE(weights.contains("conv_in.weight"));
  EXPECT_TRUE(weights.contains("conv_out.weight"));
  EXPECT_TRUE(weights.contains("time_embedding.linear_1.weight"));

  const at::Tensor plain = output();
  const std::vector<NamedDelta> deltas{{name, at::full(weights.at(name), 0.5)}, {"conv_in.weights", at::ones({1})}};
  EXPECT_THAT(unet_.patch(names_, deltas), ElementsAre("conv_in.weights"));
  EXPECT_FALSE(output().equal(plain));
  unet_.patch(names_, std::vector<NamedDelta>{{name, std::nullopt}});
  EXPECT_TRUE(output().equal(plain));
}

}  // namespace
}  // namespace deepcache_gen
