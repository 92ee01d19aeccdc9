#include "adapters/original_unet_names.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace deepcache_gen {
namespace {

using testing::IsEmpty;

// The names of all layers of all families are compared with diffusers' own in tests/parity/test_lora_names.py.
TEST(OriginalUNetNames, CountTheResnetsOfABlock) {
  const std::map<std::string, std::string> names = original_unet_names(
      {"conv_in", "down_blocks.0.resnets.0.conv1", "down_blocks.1.resnets.0.emb", "down_blocks.1.attentions.0.proj_in",
       "down_blocks.1.downsamplers.0.conv", "mid_block.attentions.0.a.b", "mid_block.resnets.1.conv2",
       "up_blocks.0.upsamplers.0.conv", "up_blocks.1.attentions.1.proj_out", "up_blocks.1.upsamplers.0.conv"});
  // One resnet in a down block, two in an up block.
  EXPECT_EQ(names,
            (std::map<std::string, std::string>{{"conv_in", "input_blocks.0.0"},
                                                {"down_blocks.0.resnets.0.conv1", "input_blocks.1.0.in_layers.2"},
                                                {"down_blocks.1.attentions.0.proj_in", "input_blocks.3.1.proj_in"},
                                                {"down_blocks.1.downsamplers.0.conv", "input_blocks.4.0.op"},
                                                {"mid_block.attentions.0.a.b", "middle_block.1.a.b"},
                                                {"mid_block.resnets.1.conv2", "middle_block.2.out_layers.3"},
                                                {"up_blocks.0.upsamplers.0.conv", "output_blocks.1.1.conv"},
                                                {"up_blocks.1.attentions.1.proj_out", "output_blocks.3.1.proj_out"},
                                                {"up_blocks.1.upsamplers.0.conv", "output_blocks.3.2.conv"}}));
}

// A stranger's model may have any names.
TEST(OriginalUNetNames, OtherNamesHaveNone) {
  EXPECT_THAT(original_unet_names({"", ".", "mid_block", "mid_block.resnets.0", "mid_block.resnets.7.conv1",
                                   "mid_block.resnets.x.conv1", "down_blocks.-1.resnets.0.conv1",
                                   "down_blocks.99999999999999999999.resnets.0.conv1", "down_blocks.0.resnets.0.x.y",
                                   "up_blocks.1.others.0.conv", "up_blocks....", "mid_block..."}),
              IsEmpty());
}

}  // namespace
}  // namespace deepcache_gen
