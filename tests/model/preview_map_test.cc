#include "model/preview_map.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/error.h"

namespace deepcache_gen {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::ThrowsMessage;

std::optional<PreviewMap> read(const char* vae, int channels = 2) {
  return read_preview_map(JsonObject(nlohmann::json::parse(vae), "model.json: vae"), channels);
}

TEST(PreviewMap, IsRead) {
  const auto map =
      read(R"({"preview": {"matrix": [[1, 2], [3, 4], [5, 6]], "bias": [0.1, 0.2, 0.3], "r_squared": 0.9}})");
  ASSERT_TRUE(map);
  EXPECT_THAT(map->matrix[1], ElementsAre(3, 4));
  EXPECT_THAT(map->bias, ElementsAre(0.1, 0.2, 0.3));
}

TEST(PreviewMap, NeedNotBeThere) {
  EXPECT_FALSE(read("{}"));
  EXPECT_FALSE(read(R"({"preview": null})"));
}

TEST(PreviewMap, ComplainsAboutAnotherShape) {
  EXPECT_THAT([] { read(R"({"preview": {"matrix": [[1, 2], [3, 4]], "bias": [0, 0, 0]}})"); },
              ThrowsMessage<Error>(HasSubstr("vae: preview: matrix: needs a row each")));
  EXPECT_THAT([] { read(R"({"preview": {"matrix": [[1], [2], [3]], "bias": [0, 0, 0]}})"); },
              ThrowsMessage<Error>(HasSubstr("matrix: needs one number per latent channel")));
  EXPECT_THAT([] { read(R"({"preview": {"matrix": [[1, 2], [3, 4], [5, 6]], "bias": [0]}})"); },
              ThrowsMessage<Error>(HasSubstr("bias: needs a number each")));
}

}  // namespace
}  // namespace deepcache_gen
