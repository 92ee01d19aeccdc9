// The embedded model's UNet as a GPU runs it, where there is none.

#include <ATen/ATen.h>
#include <c10/core/InferenceMode.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "backend/library/library_module.h"
#include "backend/mapped_archive.h"
#include "backend/outline_operators.h"
#include "backend/relative_difference.h"
#include "model/fake_recorder.h"
#include "pipeline/loaded_model.h"

namespace deepcache_gen {
namespace {

class LibraryUNet : public testing::Test {
 protected:
  using Rungs = std::vector<std::unique_ptr<Module>>;

  // Compiled as for a GPU, but on the CPU and in float32.
  UNetLadder ladder() const {
    const MappedArchive archive = map_archive(model_.path_of(kUNet), {});
    const auto made = [&](const torch::jit::Module& rung, std::optional<std::size_t> held) {
      const LibraryTarget target{{c10::kCPU, at::kFloat}, /*channels_last=*/true, nullptr, archive.file, nullptr};
      return compile_by_library(rung, target, "rung", held);
    };
    const auto each = [&](const char* name, std::size_t held) {
      Rungs rungs;
      for (const torch::jit::Module& rung : archive.module.attr(name).toModule().children()) {
        rungs.push_back(made(rung, held));
      }
      return rungs;
    };
    const auto part = [&](const char* name) { return archive.module.attr(name).toModule(); };
    return {{.time_embedding = made(part("time_embedding"), {}),
             .down = each("down", UNetRungs::kDownContext),
             .mid = made(part("mid"), UNetRungs::kDownContext),
             .up = each("up", UNetRungs::kUpContext),
             .out = made(part("out"), {})},
            model_.unet().rungs,
            model_.latent_channels};
  }

  Conditioning text(std::int64_t batch) const { return {at::randn({batch, 64, model_.unet().context_size}), {}}; }

  at::Tensor latents(std::int64_t batch) const { return at::randn({batch, model_.latent_channels, 8, 8}); }

  const c10::InferenceMode inference_;
  const ModelInfo model_ = read_model_info(EMBEDDED_MODEL_DIR);
};

TEST_F(LibraryUNet, PredictsWhatTheCpusDoes) {
  const UNetLadder tested = ladder();
  const LoadedModel loaded(VerifiedModel(model_), {c10::kCPU, at::kFloat}, 0);
  const UNet& expected = loaded.unet(false);
  const Conditioning conditioning = text(2);
  for (const int branch : {0, model_.unet().rungs - 1}) {
    const UNetInput input{latents(2), at::full({2}, 981.0), conditioning};
    const UNet::FullOutput full = expected.full(input, branch), made = tested.full(input, branch);
    EXPECT_LE(relative_difference(made.model_output, full.model_output), 1e-5);
    EXPECT_LE(relative_difference(made.deep_feature, full.deep_feature), 1e-5);
    EXPECT_LE(relative_difference(tested.shallow(input, branch, made.deep_feature), full.model_output), 1e-5);
  }
}

// Prompts change, and what modules hold of them with it.
TEST_F(LibraryUNet, PredictsTheSameWhereItsCallsAreRecorded) {
  int records = 0;
  const UNetLadder plain = ladder();
  const RecordedUNet recorded(plain, std::make_unique<FakeRecorder>(records));
  const UNetLadder expected = ladder();
  for (int picture = 0; picture < 2; ++picture) {
    const Conditioning conditioning = text(2), half{conditioning.context.chunk(2)[1], {}};
    at::Tensor kept, expected_kept;
    for (int call = 0; call < 4; ++call) {
      const at::Tensor both = latents(2);
      const UNetInput input{both, at::full({2}, 900.0 - 100 * call), conditioning};
      const UNetInput conditional{both.slice(0, 1), at::full({1}, 900.0 - 100 * call), half};
      if (call % 2 == 0) {
        const UNet::FullOutput made = recorded.full(input, 1), full = expected.full(input, 1);
        EXPECT_TRUE(made.model_output.equal(full.model_output)) << picture << " " << call;
        kept = made.deep_feature;
        expected_kept = full.deep_feature;
      }
      EXPECT_TRUE(recorded.shallow(input, 1, kept).equal(expected.shallow(input, 1, expected_kept)));
      EXPECT_TRUE(recorded.shallow(conditional, 1, kept.chunk(2)[1])
                      .equal(expected.shallow(conditional, 1, expected_kept.chunk(2)[1])));
    }
  }
  EXPECT_EQ(records, 3) << "full, cached, and cached of one half";
}

// On LibTorch's meta device nothing has numbers: whoever read one, or mixed devices, would be told.
TEST_F(LibraryUNet, LooksAtNoNumber) {
  for (const at::ScalarType dtype : {at::kFloat, at::kHalf, at::kBFloat16}) {
    int records = 0;
    const LoadedModel loaded(VerifiedModel(model_), {c10::kMeta, dtype}, 0,
                             [&] { return std::make_unique<FakeRecorder>(records); });
    const Conditioning conditioning{text(2).context.to(at::kMeta, dtype), {}};
    const UNetInput input{latents(2).to(at::kMeta, dtype), at::full({2}, 500.0, at::kMeta), conditioning};
    for (int round = 0; round < 3; ++round) {
      const UNet::FullOutput full = loaded.unet(false).full(input, 0);
      EXPECT_EQ(full.model_output.scalar_type(), dtype);
      EXPECT_EQ(loaded.unet(false).shallow(input, 0, full.deep_feature).sizes(), input.latents.sizes());
    }
    EXPECT_EQ(records, 2);
  }
}

// Patched weights stay where they are, but what is held of them does not.
TEST_F(LibraryUNet, IsRecordedAnewWhereItsWeightsArePatched) {
  int records = 0;
  LoadedModel loaded(VerifiedModel(model_), {c10::kCPU, at::kFloat}, 0,
                     [&] { return std::make_unique<FakeRecorder>(records); });
  const Conditioning conditioning = text(1);
  const UNetInput input{latents(1), at::full({1}, 500.0), conditioning};
  const auto output = [&] { return loaded.unet(false).full(input, 0).model_output.clone(); };
  const at::Tensor plain = output();
  EXPECT_TRUE(output().equal(plain));
  const WeightSizes weights = loaded.patchable_weights().at(kUNet);
  const auto keys = std::find_if(weights.begin(), weights.end(),
                                 [](const auto& weight) { return weight.first.ends_with("attn2.to_k.weight"); });
  ASSERT_NE(keys, weights.end());
  loaded.patch({{kUNet, {{keys->first, at::randn(keys->second)}}}});
  const at::Tensor patched = output();
  EXPECT_FALSE(patched.equal(plain));
  EXPECT_TRUE(output().equal(patched));
  loaded.patch({});
  EXPECT_TRUE(output().equal(plain));
  EXPECT_FALSE(loaded.forget_recordings()) << "nothing is, of one call";
  for (int call = 0; call < 2; ++call) EXPECT_TRUE(output().equal(plain));
  EXPECT_TRUE(loaded.forget_recordings());
  EXPECT_TRUE(output().equal(plain));
}

}  // namespace
}  // namespace deepcache_gen
