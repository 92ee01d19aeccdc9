#include <ATen/ATen.h>

#include <cstdlib>

#include "backend/cuda/device_test.h"
#include "backend/cuda_settings.h"
#include "backend/relative_difference.h"
#include "pipeline/loaded_model.h"

namespace deepcache_gen {
namespace {

// The order of sums of some thousand terms, through some dozens of layers.
constexpr double kUNetTolerance = 2e-4;

// The folder may have been moved since this was compiled, as to a machine with a device.
ModelInfo embedded_model() {
  const char* const folder = std::getenv("EMBEDDED_MODEL_DIR");
  return read_model_info(folder != nullptr ? folder : EMBEDDED_MODEL_DIR);
}

class UNetOnDevice : public DeviceTest {
 protected:
  // The full call's output and deep feature, and the cached call's output, on the CPU.
  std::vector<at::Tensor> run(const c10::Device& on) const {
    const ModelInfo model = embedded_model();
    const Placement placement{on, at::kFloat};
    apply_cuda_settings(placement, {});
    const LoadedModel loaded(VerifiedModel(model), placement, 0);
    at::manual_seed(1);
    const at::Tensor latents = at::randn({2, model.latent_channels, 16, 16}).to(on);
    const Conditioning text{at::randn({2, 64, model.unet().context_size}).to(on), {}};
    const UNetInput input{latents, at::full({2}, 500.0).to(on), text};
    const UNet::FullOutput full = loaded.unet(false).full(input, 1);
    const at::Tensor shallow = loaded.unet(false).shallow(input, 1, full.deep_feature);
    return {full.model_output.cpu(), full.deep_feature.cpu(), shallow.cpu()};
  }
};

TEST_F(UNetOnDevice, GivesWhatTheCpuGives) {
  const std::vector<at::Tensor> expected = run(c10::kCPU), actual = run(device);
  for (std::size_t i = 0; i < expected.size(); ++i) {
    EXPECT_LE(relative_difference(actual[i], expected[i]), kUNetTolerance) << "output " << i;
  }
}

}  // namespace
}  // namespace deepcache_gen
