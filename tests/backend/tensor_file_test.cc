#include "backend/tensor_file.h"

#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "backend/stored_tensors.h"
#include "support/error.h"
#include "support/sha256.h"
#include "support/temporary_folder.h"

namespace deepcache_gen {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Pair;
using testing::ThrowsMessage;

class TensorFileTest : public testing::Test {
 protected:
  TensorFile written(const std::string& content) {
    write_text(path_, content);
    return TensorFile(path_);
  }

  TemporaryFolder folder_;
  const std::filesystem::path path_ = folder_ / "some.safetensors";
};

TEST_F(TensorFileTest, HoldsWhatWasWritten) {
  const std::map<std::string, at::Tensor> tensors{{"a", at::arange(6, at::kHalf).view({2, 3})},
                                                  {"b", at::scalar_tensor(4.5, at::kFloat)},
                                                  {"c", at::arange(3, at::kLong)},
                                                  {"d", at::empty({0, 7}, at::kBFloat16)}};
  const std::string content = safetensors_content(tensors, {{"who", "me"}});
  const TensorFile file = written(content);
  EXPECT_EQ(file.sha256(), sha256_of(content));
  EXPECT_THAT(file.metadata(), ElementsAre(Pair("who", "me")));
  ASSERT_EQ(file.headers().size(), tensors.size());
  for (const auto& [name, tensor] : tensors) {
    EXPECT_EQ(file.headers().at(name).dtype, tensor.scalar_type());
    EXPECT_EQ(at::IntArrayRef(file.headers().at(name).sizes), tensor.sizes());
    EXPECT_TRUE(file.tensor(name).equal(tensor)) << name;
  }
}

// Floats behind an odd number of bytes: a processor may not read them there.
TEST_F(TensorFileTest, NumbersMayLieAnywhere) {
  const std::string header = R"({"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},)"
                             R"("b":{"dtype":"F32","shape":[2],"data_offsets":[1,9]}})";
  const at::Tensor floats = at::rand({2});
  std::string content(8, '\0');
  content[0] = static_cast<char>(header.size());
  content += header + '\7' + std::string(static_cast<const char*>(floats.const_data_ptr()), 8);
  const at::Tensor read = written(content).tensor("b");
  EXPECT_TRUE(read.equal(floats));
  EXPECT_EQ(reinterpret_cast<std::uintptr_t>(read.const_data_ptr()) % 4, 0u);
}

TEST_F(TensorFileTest, TensorsKeepTheBytesAlive) {
  const at::Tensor numbers = at::arange(100'000, at::kFloat);
  at::Tensor kept;
  {
    const TensorFile file = written(safetensors_content({{"x", numbers}}));
    kept = file.tensor("x");
    // What was read counts, whatever becomes of the file.
    write_text(path_, "");
  }
  EXPECT_TRUE(kept.equal(numbers));
}

TEST_F(TensorFileTest, WhatIsNoneIsRefusedByName) {
  EXPECT_THAT([&] { written("{}"); },
              ThrowsMessage<Error>(AllOf(HasSubstr(path_.string()), HasSubstr("is no safetensors file"))));
  const std::string content = safetensors_content({{"x", at::zeros({4})}});
  EXPECT_THAT([&] { written(content).tensor("y"); }, ThrowsMessage<Error>(HasSubstr("has no tensor 'y'")));
  EXPECT_THAT([&] { TensorFile(path_, content.size() - 1); }, ThrowsMessage<Error>(HasSubstr("is larger than")));
  std::string complex = content;
  complex.replace(complex.find("\"F32\",\"shape\":[4]"), 17, "\"C64\",\"shape\":[2]");
  EXPECT_THAT([&] { written(complex); }, ThrowsMessage<Error>(HasSubstr("'x' is C64")));
}

}  // namespace
}  // namespace deepcache_gen
