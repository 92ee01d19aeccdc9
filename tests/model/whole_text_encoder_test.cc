#include "model/whole_text_encoder.h"

#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "model/returning_module.h"
#include "support/error.h"

namespace deepcache_gen {
namespace {

using testing::HasSubstr;
using testing::ThrowsMessage;

TextEncoding encoding_of(std::vector<at::Tensor> outputs, std::optional<int> skip = {}) {
  const TextEncoderInfo info{.layers = {}, .hidden_size = 4, .skip = 2, .final_norm = false, .end_id = {}};
  const WholeTextEncoder encoder("clip.pt", info, std::make_unique<ReturningModule>(std::move(outputs)), c10::kCPU);
  return encoder.encode({{1, 2, 3}, {4, 5, 6}}, skip, {});
}

void expect_encoding_refused(const std::vector<at::Tensor>& outputs, const std::string& reason) {
  EXPECT_THAT([&] { encoding_of(outputs); }, ThrowsMessage<Error>(HasSubstr(reason)));
}

TEST(WholeTextEncoder, ReturnsStatesAndPooledText) {
  const at::Tensor hidden = at::ones({2, 3, 4}), pooled = at::empty({2, 0});
  const TextEncoding encoding = encoding_of({hidden, pooled});
  EXPECT_TRUE(encoding.hidden.is_same(hidden));
  EXPECT_TRUE(encoding.pooled.is_same(pooled));
}

TEST(WholeTextEncoder, GivesTheStatesOfOneLayerOnly) {
  const at::Tensor hidden = at::ones({2, 3, 4}), pooled = at::empty({2, 0});
  EXPECT_TRUE(encoding_of({hidden, pooled}, 2).hidden.is_same(hidden));
  EXPECT_THAT(
      [&] {
        encoding_of({hidden, pooled}, 1);
      },
      ThrowsMessage<UsageError>(HasSubstr("clip skip 1: clip.pt gives the states of clip skip 2 only")));
}

TEST(WholeTextEncoder, RefusesAnotherNumberOfOutputs) {
  expect_encoding_refused({}, "clip.pt returned 0 tensors where 2 are expected");
  expect_encoding_refused({at::ones({2, 3, 4})}, "clip.pt returned 1 tensor where 2 are expected");
}

TEST(WholeTextEncoder, RefusesOtherShapesThanModelJsonSays) {
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
