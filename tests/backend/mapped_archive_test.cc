#include "backend/mapped_archive.h"

#include <ATen/ATen.h>
#include <c10/core/CPUAllocator.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <fstream>
#include <stdexcept>
#include <thread>

#include "backend/stored_module.h"
#include "support/error.h"

namespace deepcache_gen {
namespace {

std::filesystem::path temporary(const std::string& name) { return std::filesystem::path(testing::TempDir()) / name; }

class MappedArchiveTest : public testing::Test {
 protected:
  void add(const std::string& name, const at::Tensor& weight) { module.register_parameter(name, weight, false); }

  std::filesystem::path save(const std::string& name) {
    module.define("def forward(self, x): return x\n");
    return store_module(module, temporary(name));
  }

  void expect_saved_weights(const MappedArchive& archive) const {
    const auto* begin = archive.file->data();
    const auto* end = begin + archive.file->size();
    for (const auto& saved : module.named_attributes(/*recurse=*/false)) {
      if (!saved.value.isTensor()) continue;
      const at::Tensor mapped = archive.module.attr(saved.name).toTensor(), expected = saved.value.toTensor();
      EXPECT_EQ(mapped.scalar_type(), expected.scalar_type()) << saved.name;
      EXPECT_EQ(mapped.strides(), expected.strides()) << saved.name;
      EXPECT_TRUE(mapped.equal(expected)) << saved.name;
      const auto* first = static_cast<const std::byte*>(mapped.const_data_ptr());
      EXPECT_TRUE(begin <= first && first < end) << saved.name << " is a copy";
    }
  }

  torch::jit::Module module{"archive"};
};

TEST_F(MappedArchiveTest, HasTheWeightsThatWereSaved) {
  add("tiny", at::randn({1}));
  add("small", at::randn({3, 5}));
  add("page", at::randn({1024}));
  add("large", at::randn({129, 513}));
  add("transposed", at::randn({5, 7}).t());
  expect_saved_weights(map_archive(save("mapped_weights.pt")));
}

TEST_F(MappedArchiveTest, HasWeightsOfEveryDtype) {
  add("half", at::randn({40, 1000}).to(at::kHalf));
  add("bfloat16", at::randn({7}).to(at::kBFloat16));
  add("double", at::randn({7}, at::kDouble));
  module.register_buffer("position_ids", at::arange(77).unsqueeze(0));
  module.register_buffer("mask", at::arange(5) > 2);
  expect_saved_weights(map_archive(save("mapped_dtypes.pt")));
}

TEST_F(MappedArchiveTest, HasWeightsThatShareMemory) {
  const at::Tensor memory = at::randn({100, 300});
  add("all", memory);
  add("row", memory[42]);
  add("column", memory.select(1, 17));
  expect_saved_weights(map_archive(save("mapped_views.pt")));
}

TEST_F(MappedArchiveTest, HasAPieceOfALargerWeightThatIsNotSavedItself) {
  add("piece", at::randn({100, 300}).slice(0, 10, 20));
  expect_saved_weights(map_archive(save("mapped_piece.pt")));
}

TEST_F(MappedArchiveTest, HasWeightsOfSubmodules) {
  torch::jit::Module inner("inner");
  inner.register_parameter("weight", at::randn({50, 60}), false);
  module.register_module("inner", inner);
  const MappedArchive archive = map_archive(save("mapped_submodules.pt"));
  const at::Tensor mapped = archive.module.attr("inner").toModule().attr("weight").toTensor();
  EXPECT_TRUE(mapped.equal(inner.attr("weight").toTensor()));
}

TEST_F(MappedArchiveTest, CanHaveAnEmptyWeight) {
  add("empty", at::empty({0, 4}));
  add("weight", at::randn({4}));
  const MappedArchive archive = map_archive(save("mapped_empty.pt"));
  EXPECT_EQ(archive.module.attr("empty").toTensor().sizes(), at::IntArrayRef({0, 4}));
  EXPECT_TRUE(archive.module.attr("weight").toTensor().equal(module.attr("weight").toTensor()));
}

TEST_F(MappedArchiveTest, RunsItsForwardWithTheMappedWeights) {
  add("weight", at::randn({3, 4}));
  module.define("def forward(self, x): return torch.linear(x, self.weight) * 2.5\n");
  store_module(module, temporary("mapped_forward.pt"));
  MappedArchive archive = map_archive(temporary("mapped_forward.pt"));
  const at::Tensor input = at::randn({2, 4});
  const at::Tensor expected = at::linear(input, module.attr("weight").toTensor()) * 2.5;
  EXPECT_TRUE(archive.module.forward({input}).toTensor().allclose(expected));
}

TEST_F(MappedArchiveTest, KeepsTheFileForAsLongAsAWeightIsHeld) {
  add("weight", at::randn({129, 513}));
  at::Tensor weight;
  {
    const MappedArchive archive = map_archive(save("mapped_outlived.pt"));
    weight = archive.module.attr("weight").toTensor();
  }
  std::filesystem::remove(temporary("mapped_outlived.pt"));
  EXPECT_TRUE(weight.equal(module.attr("weight").toTensor()));
}

// How the memory of a tensor that was made on this thread is freed tells what it was allocated with.
c10::DeleterFnPtr deleter_of_a_new_tensor() { return at::empty({100}).storage().data_ptr().get_deleter(); }

TEST_F(MappedArchiveTest, LeavesTheWayTensorsAreMadeAsItWas) {
  add("weight", at::randn({4}));
  const c10::DeleterFnPtr before = deleter_of_a_new_tensor();
  map_archive(save("mapped_allocator.pt"));
  EXPECT_EQ(deleter_of_a_new_tensor(), before);
  EXPECT_ANY_THROW(map_archive(temporary("nowhere.pt")));
  EXPECT_EQ(deleter_of_a_new_tensor(), before);
  const c10::Allocator* installed = c10::GetCPUAllocator();
  map_archive(temporary("mapped_allocator.pt"));
  EXPECT_EQ(c10::GetCPUAllocator(), installed) << "a second load installed another allocator";
}

TEST_F(MappedArchiveTest, IsMappedByManyThreadsAtATime) {
  add("large", at::randn({129, 513}));
  add("small", at::randn({3, 5}));
  const std::filesystem::path file = save("mapped_threads.pt");
  const c10::DeleterFnPtr ordinary = deleter_of_a_new_tensor();
  std::atomic<int> loading = 2;
  const auto map_often = [&] {
    for (int i = 0; i < 100; ++i) expect_saved_weights(map_archive(file));
    --loading;
  };
  std::jthread first(map_often), second(map_often);
  int others = 0, reserved = 0;
  for (; loading > 0 || others == 0; ++others) reserved += deleter_of_a_new_tensor() != ordinary;
  EXPECT_EQ(reserved, 0) << "of " << others << " tensors of a thread that loads nothing";
  first.join();
  second.join();
  EXPECT_EQ(deleter_of_a_new_tensor(), ordinary);
}

TEST_F(MappedArchiveTest, LeavesRawMemoryToBeHad) {
  add("weight", at::randn({4}));
  map_archive(save("mapped_raw.pt"));
  c10::Allocator& allocator = *c10::GetCPUAllocator();
  ASSERT_NE(allocator.raw_deleter(), nullptr);
  void* memory = allocator.raw_allocate(1000);
  allocator.raw_deallocate(memory);
  EXPECT_TRUE(allocator.is_simple_data_ptr(allocator.allocate(1000)));
}

void expect_refused(const std::filesystem::path& file) { EXPECT_THROW(map_archive(file), Error) << file; }

TEST_F(MappedArchiveTest, RefusesAFileThatIsMissing) { EXPECT_THROW(map_archive(temporary("nowhere.pt")), Error); }

TEST_F(MappedArchiveTest, RefusesAFileThatIsNoArchive) {
  std::ofstream(temporary("mapped_text.pt")) << std::string(10'000, 'x');
  expect_refused(temporary("mapped_text.pt"));
  std::ofstream(temporary("mapped_nothing.pt"));
  expect_refused(temporary("mapped_nothing.pt"));
}

TEST_F(MappedArchiveTest, RefusesAFileThatWasCutShort) {
  add("weight", at::randn({129, 513}));
  const std::filesystem::path file = save("mapped_cut.pt");
  const std::uintmax_t size = std::filesystem::file_size(file);
  for (const std::uintmax_t kept : {size - 1, size - 100, size / 2, std::uintmax_t{1000}, std::uintmax_t{1}}) {
    SCOPED_TRACE(testing::Message() << kept << " of " << size << " bytes");
    std::filesystem::resize_file(file, kept);
    expect_refused(file);
  }
}

// What our own reader lets through, since the function may be an accepted operator, LibTorch's graph shows.
TEST_F(MappedArchiveTest, RefusesOperatorsThatAreNotAccepted) {
  const auto refused = [&](const std::string& name, const std::string& body, const std::string& words) {
    torch::jit::Module other("other");
    other.define("def forward(self, x):\n  " + body + "\n");
    const std::filesystem::path file = store_module(other, temporary(name));
    EXPECT_THAT([&] { map_archive(file); },
                testing::ThrowsMessage<Error>(testing::AllOf(testing::HasSubstr(name), testing::HasSubstr(words))));
  };
  refused("mapped_dropout.pt", "return torch.dropout(x, 0.5, True)", "aten::dropout with a train");
  refused("mapped_attention.pt", "return torch.scaled_dot_product_attention(x, x, x, None, 0.5)",
          "aten::scaled_dot_product_attention with a dropout_p");
  refused("mapped_division.pt", "return torch.div(x, x, rounding_mode=\"floor\")", "aten::div.Tensor_mode");
  refused("mapped_dtype.pt", "return torch.to(x, 47)", "aten::to.dtype with a dtype");
  refused("mapped_float_dtype.pt", "return torch.arange(0, 3, dtype=255, device=x.device)",
          "aten::arange.start with a");
  refused("mapped_scale.pt", "return torch.upsample_nearest2d(x, [9, 9], 1e-300, 1e-300)", "with a scales_h");
  refused("mapped_scales.pt", "return torch.upsample_nearest2d(x, None, [2.0, 1e300])", "with a scale_factors");
  refused("mapped_copy.pt", "return torch.add(x, 1)", "other.forward has operator aten::add.Scalar");
}

TEST_F(MappedArchiveTest, IsMappedInTheStateThatIsExpected) {
  add("weight", at::randn({4}));
  const std::filesystem::path file = save("mapped_state.pt");
  const FileState state = file_state(file).value();
  EXPECT_NO_THROW(map_archive(file, state));
  std::filesystem::last_write_time(file, std::filesystem::file_time_type::clock::now());
  EXPECT_THROW(map_archive(file, state), Error);
}

TEST_F(MappedArchiveTest, RefusesAnArchiveWithAnotherSignature) {
  add("weight", at::randn({4}));
  const std::filesystem::path file = save("mapped_signature.pt");
  std::fstream stream(file, std::ios::in | std::ios::out | std::ios::binary);
  stream.seekp(-22, std::ios::end);
  stream << "####";
  stream.close();
  expect_refused(file);
}

}  // namespace
}  // namespace deepcache_gen
