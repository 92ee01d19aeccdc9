#include "model/weight_names.h"

#include <gtest/gtest.h>

namespace deepcache_gen {
namespace {

const WeightNames kNames({{"down.1.resnet", "down_blocks.0.resnets.0"},
                          {"down.10.resnet", "down_blocks.3.resnets.0"},
                          {"positions", "text_model.embeddings"},
                          {"token_embedding", "text_model.embeddings.token_embedding"},
                          {"decoder", "decoder"}});

TEST(WeightNames, LeadBothWays) {
  for (const auto& [archived, published] : std::map<std::string, std::string>{
           {"down.1.resnet.conv1.weight", "down_blocks.0.resnets.0.conv1.weight"},
           {"down.10.resnet.conv1.weight", "down_blocks.3.resnets.0.conv1.weight"},
           {"decoder.mid_block.resnets.1.conv2.bias", "decoder.mid_block.resnets.1.conv2.bias"},
           {"down.1.resnet", "down_blocks.0.resnets.0"}}) {
    EXPECT_EQ(kNames.published(archived), published);
    EXPECT_EQ(kNames.archived(published), archived);
  }
}

TEST(WeightNames, TheLongestPrefixCounts) {
  EXPECT_EQ(kNames.archived("text_model.embeddings.token_embedding.weight"), "token_embedding.weight");
  EXPECT_EQ(kNames.archived("text_model.embeddings.position_embedding.weight"), "positions.position_embedding.weight");
  const WeightNames nested({{"a", "x"}, {"a.b", "y"}});
  EXPECT_EQ(nested.published("a.b.weight"), "y.weight");
  EXPECT_EQ(nested.published("a.c.weight"), "x.c.weight");
  EXPECT_EQ(nested.archived("x.b.weight"), std::nullopt) << "a.b.weight is y.weight";
}

TEST(WeightNames, APrefixIsOfWholeWords) {
  EXPECT_EQ(kNames.published("down.1.resnet2.weight"), std::nullopt);
  EXPECT_EQ(kNames.published("down.1"), std::nullopt);
  EXPECT_EQ(kNames.archived("decoder2.weight"), std::nullopt);
}

TEST(WeightNames, OtherNamesLeadNowhere) {
  for (const char* name : {"", ".", "..", ".decoder", "mid", "x.decoder.y"}) {
    EXPECT_EQ(kNames.published(name), std::nullopt) << name;
    EXPECT_EQ(kNames.archived(name), std::nullopt) << name;
    EXPECT_EQ(WeightNames().published(name), std::nullopt) << name;
  }
}

}  // namespace
}  // namespace deepcache_gen
