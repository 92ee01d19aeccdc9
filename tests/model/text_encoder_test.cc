#include "model/text_encoder.h"

#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "model/returning_module.h"
#include "support/error.h"

namespace deepcache_gen {
namespace {

using testing::HasSubstr;
using testing::ThrowsMessage;

TextEncoding encoding_of(std::vector<at::Tensor> outputs) {
  const TextEncoderInfo info{
      "clip.pt", /*hidden_size=*/4, /*pooled_size=*/0, "last", 3, JsonObject(nlohmann::json::object(), "tokenizer")};
  const TextEncoder encoder(info, std::make_unique<ReturningModule>(std::move(outputs)), c10::kCPU);
  return encoder.encode({{1, 2, 3}, {4, 5, 6}});
}

void expect_encoding_refused(const std::vector<at::Tensor>& outputs, const std::string& reason) {
  EXPECT_THAT([&] { encoding_of(outputs); }, ThrowsMessage<Error>(HasSubstr(reason)));
}

TEST(TextEncoder, ReturnsStatesAndPooledText) {
  const at::Tensor hidden = at::ones({2, 3, 4}), pooled = at::empty({2, 0});
  const TextEncoding encoding = encoding_of({hidden, pooled});
  EXPECT_TRUE(encoding.hidden.is_same(hidden));
  EXPECT_TRUE(encoding.pooled.is_same(pooled));
}

TEST(TextEncoder, RefusesAnotherNumberOfOutputs) {
  expect_encoding_refused({}, "clip.pt returned 0 tensors where 2 are expected");
  expect_encoding_refused({at::ones({2, 3, 4})}, "clip.pt returned 1 tensor where 2 are expected");
}

TEST(TextEncoder, RefusesOtherShapesThanModelJsonSays) {
  for (const std::vector<std::int64_t>& sizes :
       std::vector<std::vector<std::int64_t>>{{2, 3, 5}, {2, 4, 4}, {1, 3, 4}, {2, 3}, {2, 3, 4, 1}, {}}) {
    expect_encoding_refused({at::ones(sizes), at::empty({2, 0})}, "clip.pt: hidden returned");
  }
  for (const std::vector<std::int64_t>& sizes : std::vector<std::vector<std::int64_t>>{{2, 1}, {1, 0}, {0}, {}}) {
    expect_encoding_refused({at::ones({2, 3, 4}), at::ones(sizes)}, "clip.pt: pooled returned");
  }
}

}  // namespace
}  // namespace deepcache_gen
