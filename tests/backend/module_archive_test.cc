#include "backend/module_archive.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <torch/script.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <iostream>

#include "backend/stored_module.h"
#include "support/error.h"

namespace deepcache_gen {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
using testing::ThrowsMessage;

// An archive of one module `scale`, which multiplies by a weight of 3 in float16 and adds an integer buffer of 1.
std::filesystem::path write_archive() {
  torch::jit::Module scale("scale");
  scale.register_parameter("weight", at::full({1}, 3, at::kHalf), false);
  scale.register_buffer("one", at::ones({1}, at::kLong));
  scale.define("def forward(self, x): return x * self.weight + self.one\n");
  torch::jit::Module archive("archive");
  archive.register_module("scale", scale);
  archive.define("def forward(self, x): return (self.scale.forward(x), x)\n");
  return store_module(archive, std::filesystem::path(testing::TempDir()) / "module_archive_test.pt");
}

std::filesystem::path save(const torch::jit::Module& module, const std::string& name) {
  return store_module(module, std::filesystem::path(testing::TempDir()) / name);
}

const Placement kCpuFloat32{c10::kCPU, c10::ScalarType::Float};

TEST(ModuleArchive, RunsPartsInTheDtypeAskedFor) {
  const ModuleArchive archive(write_archive(), kCpuFloat32);
  const std::vector<at::Tensor> outputs = archive.part("scale")->run({at::full({1}, 2.0f)});
  ASSERT_EQ(outputs.size(), 1u);
  EXPECT_EQ(outputs[0].scalar_type(), at::kFloat) << "a float32 input times a float16 weight that was converted";
  EXPECT_EQ(outputs[0].item<float>(), 7);
}

TEST(ModuleArchive, HandsOutEveryOutputOfTheWhole) {
  EXPECT_EQ(ModuleArchive(write_archive(), kCpuFloat32).whole()->run({at::ones({1})}).size(), 2u);
}

// Meta is a device of LibTorch's that computes shapes only, and refuses what lies elsewhere.
TEST(ModuleArchive, BringsWeightsAndConstantsToTheDevice) {
  torch::jit::Module module("module");
  module.register_parameter("weight", at::full({2}, 3, at::kFloat), false);
  module.register_buffer("ids", at::ones({2}, at::kLong));
  module.define("def forward(self, x): return x * self.weight + self.ids\n");
  torch::jit::Graph& code = *module.get_method("forward").graph();
  const torch::jit::WithInsertPoint at_the_end(code.return_node());
  torch::jit::Value* const constant = code.insertConstant(at::full({2}, 0.5, at::kHalf));
  code.return_node()->replaceInput(0, code.insert(c10::aten::mul, {code.outputs()[0], constant}));

  const auto placed =
      ModuleArchive(save(module, "placed.pt"), {c10::Device(c10::kMeta), c10::ScalarType::Half}).whole();
  const at::Tensor output = placed->run({at::ones({2}, at::TensorOptions(c10::kMeta).dtype(at::kHalf))}).front();
  EXPECT_TRUE(output.is_meta());
  EXPECT_EQ(output.scalar_type(), at::kHalf);
}

// Interpreted, since float16 is not compiled on the CPU.
TEST(ModuleArchive, ASharedSubmoduleKeepsItsOwnWeights) {
  torch::jit::Module shared("shared");
  shared.register_parameter("first", at::full({1}, 3.0f), false);
  shared.register_parameter("second", at::full({1}, 5.0f), false);
  shared.define("def forward(self, x): return x * self.first + self.second\n");
  torch::jit::Module module("module");
  module.register_module("one", shared);
  module.register_module("other", shared);
  module.define("def forward(self, x): return self.other.forward(self.one.forward(x))\n");
  const auto placed = ModuleArchive(save(module, "shared.pt"), {c10::kCPU, c10::ScalarType::Half}).whole();
  EXPECT_EQ(placed->run({at::ones({1}, at::kHalf)}).front().item<float>(), (1 * 3 + 5) * 3 + 5);
}

TEST(ModuleArchive, RefusesTensorsThatNoModuleHas) {
  torch::jit::Module module("module");
  module.register_attribute("weights", c10::ListType::ofTensors(), c10::List<at::Tensor>({at::ones({2})}));
  module.define("def forward(self, x): return x * self.weights[0]\n");
  EXPECT_THAT(
      [&] { ModuleArchive(save(module, "list.pt"), kCpuFloat32); },
      ThrowsMessage<Error>(AllOf(HasSubstr("list.pt: "), HasSubstr("attribute of type List"), HasSubstr("export"))));
}

TEST(ModuleArchive, PartsOutliveTheArchive) {
  const std::unique_ptr<Module> part = ModuleArchive(write_archive(), kCpuFloat32).part("scale");
  EXPECT_EQ(part->run({at::ones({1})}).front().item<float>(), 4);
}

TEST(ModuleArchive, NamesAPartThatIsMissing) {
  const ModuleArchive archive(write_archive(), kCpuFloat32);
  EXPECT_THAT([&] { archive.part("mid"); }, ThrowsMessage<Error>(HasSubstr("has no module 'mid'")));
}

TEST(ModuleArchive, TranslatesFailuresIntoOneLine) {
  const ModuleArchive archive(write_archive(), kCpuFloat32);
  const auto module = archive.part("scale");
  EXPECT_THAT([&] { module->run({}); }, ThrowsMessage<Error>(AllOf(HasSubstr("scale: "), Not(HasSubstr("\n")))));
}

at::Tensor patched_output(Module& module, const std::optional<WeightDelta>& delta, const at::Tensor& input) {
  EXPECT_THAT(module.patch(std::vector<NamedDelta>{{"weight", delta}}), testing::IsEmpty());
  return module.run({input}).front();
}

std::filesystem::path write_linear() {
  torch::jit::Module linear("linear");
  linear.register_parameter("weight", at::ones({4, 4}, at::kHalf), false);
  linear.define("def forward(self, x): return torch.linear(x, self.weight)\n");
  return save(linear, "linear.pt");
}

// In float16 it is interpreted.
TEST(ModuleArchive, ReadsAPatchedWeightAgain) {
  for (const c10::ScalarType dtype : {c10::ScalarType::Float, c10::ScalarType::Half}) {
    const auto module = ModuleArchive(write_linear(), {c10::kCPU, dtype}).whole();
    const at::Tensor ones = at::ones({1, 4}, dtype);
    EXPECT_TRUE(module->run({ones}).front().equal(ones * 4));
    EXPECT_TRUE(patched_output(*module, at::full({4, 4}, 2.0), ones).equal(ones * 12));
    EXPECT_TRUE(patched_output(*module, std::nullopt, ones).equal(ones * 4));
  }
}

TEST(ModuleArchive, RefusesToReadAgainFromAFileThatChanged) {
  for (const c10::ScalarType dtype : {c10::ScalarType::Float, c10::ScalarType::Half}) {
    const std::filesystem::path file = write_linear();
    const auto module = ModuleArchive(file, {c10::kCPU, dtype}).whole();
    const at::Tensor ones = at::ones({1, 4}, dtype);
    module->run({ones});
    std::filesystem::resize_file(file, std::filesystem::file_size(file) / 2);
    EXPECT_TRUE(module->run({ones}).front().equal(ones * 4)) << "nothing is read any more";
    module->patch(std::vector<NamedDelta>{{"weight", at::ones({4, 4})}});
    for (int run = 0; run < 2; ++run) {
      EXPECT_THAT([&] { module->run({ones}); },
                  ThrowsMessage<Error>(AllOf(HasSubstr("linear.pt"), HasSubstr("was changed or cut short"))));
    }
  }
}

TEST(ModuleArchive, TellsWhereAModuleFindsNoMemory) {
  torch::jit::Module greedy("greedy");
  greedy.define("def forward(self, x):\n  return x + torch.arange(0, " + std::to_string(std::int64_t{1} << 56) +
                ", dtype=6, device=x.device)\n");
  const std::filesystem::path file = save(greedy, "greedy.pt");
  for (const c10::ScalarType dtype : {c10::ScalarType::Float, c10::ScalarType::Half}) {
    const auto module = ModuleArchive(file, {c10::kCPU, dtype}).whole();
    EXPECT_THAT([&] { module->run({at::zeros({1})}); }, ThrowsMessage<OutOfMemory>(HasSubstr("greedy.pt: ")));
  }
}

// Ends the process, after saying on stderr what there was no memory for. It gets a few megabytes more than it has.
[[noreturn]] void load_with_little_memory(const std::filesystem::path& file, c10::ScalarType dtype) {
  const ModuleArchive archive(file, {c10::kCPU, dtype});
  std::uint64_t pages = 0;
  std::ifstream("/proc/self/statm") >> pages;
  const std::uint64_t bytes = pages * static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE)) + (16 << 20);
  const rlimit little{bytes, bytes};
  setrlimit(RLIMIT_AS, &little);
  try {
    archive.whole();
  } catch (const OutOfMemory& error) {
    std::cerr << error.what() << std::endl;
  }
  std::_Exit(0);
}

// In processes of their own, since others' tests leave memory that this one would find free.
TEST(ModuleArchiveDeathTest, SaysWhatDoesNotFit) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  torch::jit::Module large("large");
  large.register_parameter("weight", at::zeros({32 << 20}, at::kHalf), false);
  large.define("def forward(self, x): return x * self.weight\n");
  const std::filesystem::path file = save(large, "large.pt");
  for (const c10::ScalarType dtype : {c10::ScalarType::Double, c10::ScalarType::Half}) {
    EXPECT_EXIT(load_with_little_memory(file, dtype), testing::ExitedWithCode(0), "large.pt: does not fit");
  }
  std::filesystem::remove(file);
}

TEST(ModuleArchive, NamesAFileThatIsNoArchive) {
  const std::filesystem::path file = std::filesystem::path(testing::TempDir()) / "not_an_archive.pt";
  std::ofstream(file) << "not an archive";
  EXPECT_THAT([&] { ModuleArchive(file, kCpuFloat32); },
              ThrowsMessage<Error>(AllOf(HasSubstr("not_an_archive.pt"), HasSubstr("export"), Not(HasSubstr("\n")))));
}

}  // namespace
}  // namespace deepcache_gen
