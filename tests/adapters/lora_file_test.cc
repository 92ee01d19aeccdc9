#include "adapters/lora_file.h"

#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "backend/stored_tensors.h"
#include "support/error.h"
#include "support/temporary_folder.h"

namespace deepcache_gen {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Key;
using testing::Not;
using testing::ThrowsMessage;

using Tensors = std::map<std::string, at::Tensor>;
using Parts = std::map<std::string, WeightSizes>;

const Parts kModel{{"unet",
                    {{"down_blocks.0.resnets.0.conv1.weight", {6, 4, 3, 3}},
                     {"mid_block.attentions.0.proj_in.weight", {4, 4, 1, 1}},
                     {"mid_block.attentions.0.norm.weight", {4}},
                     {"mid_block.attentions.0.t.attn1.to_out.0.weight", {4, 6}},
                     {"mid_block.attentions.0.t.attn2.to_k.weight", {4, 768}}}},
                   {"text_encoder",
                    {{"text_model.encoder.layers.0.self_attn.out_proj.weight", {5, 5}},
                     {"text_model.encoder.layers.0.mlp.fc1.weight", {7, 5}}}}};

const std::string kOut = "lora_unet_mid_block_attentions_0_t_attn1_to_out_0";
const std::string kConv = "lora_unet_down_blocks_0_resnets_0_conv1";

class LoraFileTest : public testing::Test {
 protected:
  LoraFile written(const Tensors& tensors, const std::map<std::string, std::string>& metadata = {}) {
    write_text(path_, safetensors_content(tensors, metadata));
    return LoraFile(path_);
  }

  // What a file of one weight adds to it, whose name must be this.
  at::Tensor added(const Tensors& tensors, const std::string& weight,
                   const std::map<std::string, std::string>& metadata = {}) {
    const PatchesByRole patches = written(tensors, metadata).resolve(kModel);
    EXPECT_EQ(patches.size(), 1u);
    const auto& [role, deltas] = *patches.begin();
    EXPECT_EQ(deltas.size(), 1u);
    EXPECT_EQ(deltas[0].name, weight);
    const at::Tensor sum = at::zeros(kModel.at(role).at(weight));
    require_fitting(deltas[0], sum.sizes());
    add_delta(sum, *deltas[0].delta);
    return sum;
  }

  void expect_refused(const Tensors& tensors, const std::vector<std::string>& said, const Parts& model = kModel) {
    const LoraFile file = written(tensors);
    for (const std::string& each : said) {
      EXPECT_THAT([&] { file.resolve(model); },
                  ThrowsMessage<Error>(AllOf(HasSubstr(path_.string() + ": "), HasSubstr(each), Not(HasSubstr("\n")))));
    }
  }

  TemporaryFolder folder_;
  const std::filesystem::path path_ = folder_ / "some.safetensors";
  const at::Tensor up_ = at::rand({4, 2}) - 0.5, down_ = at::rand({2, 6}) - 0.5;
  const at::Tensor product_ = at::matmul(up_, down_);
};

TEST_F(LoraFileTest, EveryFormLeadsToTheWeight) {
  const std::string weight = "mid_block.attentions.0.t.attn1.to_out.0.weight", layer = "mid_block.attentions.0.t.attn1";
  for (const auto& [down, up] : std::map<std::string, std::string>{
           {kOut + ".lora_down.weight", kOut + ".lora_up.weight"},
           {"lora_unet_middle_block_1_t_attn1_to_out_0.lora_down.weight",
            "lora_unet_middle_block_1_t_attn1_to_out_0.lora_up.weight"},
           {"unet." + layer + ".to_out.0.lora_A.weight", "unet." + layer + ".to_out.0.lora_B.weight"},
           {layer + ".to_out.0.lora_A.weight", layer + ".to_out.0.lora_B.weight"},
           {"base_model.model." + layer + ".to_out.0.lora_A.default.weight",
            "base_model.model." + layer + ".to_out.0.lora_B.default.weight"},
           {"unet." + layer + ".to_out.0.lora.down.weight", "unet." + layer + ".to_out.0.lora.up.weight"},
           {"unet." + layer + ".processor.to_out_lora.down.weight",
            "unet." + layer + ".processor.to_out_lora.up.weight"},
           {layer + ".processor.to_out_lora.down.weight", layer + ".processor.to_out_lora.up.weight"}}) {
    EXPECT_TRUE(added({{down, down_}, {up, up_}}, weight).allclose(product_)) << down;
  }
}

TEST_F(LoraFileTest, EveryFormLeadsToATextEncoder) {
  const at::Tensor up = at::rand({5, 2}), down = at::rand({2, 5});
  const std::string weight = "text_model.encoder.layers.0.self_attn.out_proj.weight";
  const std::string layer = "encoder.layers.0.self_attn";
  for (const std::string& module :
       {std::string("lora_te_text_model_encoder_layers_0_self_attn_out_proj.lora_"),
        std::string("lora_te1_text_model_encoder_layers_0_self_attn_out_proj.lora_"),
        std::string("lora_te_encoder_layers_0_self_attn_out_proj.lora_"),
        "text_encoder.text_model." + layer + ".out_proj.lora.", "text_encoder." + layer + ".out_proj.lora.",
        "text_encoder.text_model." + layer + ".to_out_lora.", "text_encoder." + layer + ".to_out_lora.",
        "text_encoder.text_model." + layer + ".out_proj.lora_linear_layer.",
        "base_model.model.text_model." + layer + ".out_proj.lora_"}) {
    EXPECT_TRUE(added({{module + "down.weight", down}, {module + "up.weight", up}}, weight).allclose(up.matmul(down)))
        << module;
  }
}

TEST_F(LoraFileTest, AlphaIsDividedByTheRank) {
  const Tensors pair{{kOut + ".lora_down.weight", down_}, {kOut + ".lora_up.weight", up_}};
  const std::string weight = "mid_block.attentions.0.t.attn1.to_out.0.weight";
  for (const c10::ScalarType dtype : {at::kFloat, at::kHalf, at::kBFloat16}) {
    Tensors with_alpha = pair;
    with_alpha[kOut + ".alpha"] = at::scalar_tensor(3, dtype);
    EXPECT_TRUE(added(with_alpha, weight).allclose(product_ * 1.5));
  }
  const std::map<std::string, std::string> config{{"lora_adapter_metadata", R"({"unet.lora_alpha": 5, "unet.r": 2})"}};
  EXPECT_TRUE(added(pair, weight, config).allclose(product_ * 2.5));
}

TEST_F(LoraFileTest, ConvolutionsAreSummedOverTheRank) {
  const at::Tensor up = at::rand({6, 2, 1, 1}), down = at::rand({2, 4, 3, 3});
  const at::Tensor sum = at::einsum("or,rihw->oihw", {up.flatten(1), down});
  EXPECT_TRUE(added({{kConv + ".lora_down.weight", down}, {kConv + ".lora_up.weight", up}},
                    "down_blocks.0.resnets.0.conv1.weight")
                  .allclose(sum));
}

TEST_F(LoraFileTest, TuckersFormIsWorkedOut) {
  const at::Tensor up = at::rand({6, 2, 1, 1}), mid = at::rand({2, 3, 3, 3}), down = at::rand({3, 4, 1, 1});
  const at::Tensor sum = at::einsum("nmkl,in,mj->ijkl", {mid, up.flatten(1), down.flatten(1)});
  const Tensors tensors{{kConv + ".lora_down.weight", down},
                        {kConv + ".lora_mid.weight", mid},
                        {kConv + ".lora_up.weight", up},
                        {kConv + ".alpha", at::scalar_tensor(6.0)}};
  EXPECT_TRUE(added(tensors, "down_blocks.0.resnets.0.conv1.weight").allclose(sum * 2));
  Tensors bad = tensors;
  bad[kConv + ".lora_mid.weight"] = at::rand({2, 3, 1, 1});
  expect_refused(bad, {"mid [2, 3, 1, 1]", "[6, 4, 3, 3]"});
}

TEST_F(LoraFileTest, LoHaMultipliesTwoProducts) {
  const Tensors tensors{{kOut + ".hada_w1_a", at::rand({4, 2})},
                        {kOut + ".hada_w1_b", at::rand({2, 6})},
                        {kOut + ".hada_w2_a", at::rand({4, 2})},
                        {kOut + ".hada_w2_b", at::rand({2, 6})},
                        {kOut + ".alpha", at::scalar_tensor(3.0)}};
  const auto at = [&](const char* part) { return tensors.at(kOut + part); };
  const at::Tensor sum = at(".hada_w1_a").matmul(at(".hada_w1_b")) * at(".hada_w2_a").matmul(at(".hada_w2_b"));
  EXPECT_TRUE(added(tensors, "mid_block.attentions.0.t.attn1.to_out.0.weight").allclose(sum * 1.5));
  Tensors mixed = tensors;
  mixed[kOut + ".lora_up.weight"] = up_;
  expect_refused(mixed, {"'up' beside those of another kind"});
  for (const auto& [part, tensor] : tensors) {
    if (part.ends_with("alpha")) continue;
    Tensors other = tensors;
    other.erase(part);
    expect_refused(other, {"has no '" + part.substr(kOut.size() + 1) + "' tensor"});
    for (const std::vector<std::int64_t>& sizes : std::vector<std::vector<std::int64_t>>{{4, 6}, {7}, {0, 2}, {}}) {
      other[part] = at::ones(sizes);
      expect_refused(other, {"the layer of this model is [4, 6]"});
    }
  }
}

TEST_F(LoraFileTest, LoKrIsAKroneckerProduct) {
  const at::Tensor left = at::rand({2, 3}), right = at::rand({3, 2}), in = at::rand({3, 2}), out = at::rand({2, 2});
  const std::string weight = "mid_block.attentions.0.t.attn1.to_out.0.weight";
  const at::Tensor alpha = at::scalar_tensor(1.0);
  // Of two matrices the alpha means nothing.
  const at::Tensor whole = at::rand({2, 2});
  EXPECT_TRUE(added({{kOut + ".lokr_w1", left}, {kOut + ".lokr_w2", whole}, {kOut + ".alpha", alpha}}, weight)
                  .allclose(at::kron(left, whole)));
  const Tensors product{
      {kOut + ".lokr_w1", left}, {kOut + ".lokr_w2_a", out}, {kOut + ".lokr_w2_b", whole}, {kOut + ".alpha", alpha}};
  EXPECT_TRUE(added(product, weight).allclose(at::kron(left, out.matmul(whole)) / 2));
  EXPECT_TRUE(added({{kOut + ".lokr_w1_a", at::ones({2, 1})},
                     {kOut + ".lokr_w1_b", at::ones({1, 3})},
                     {kOut + ".lokr_w2", whole}},
                    weight)
                  .allclose(at::kron(at::ones({2, 3}), whole)));
  for (const std::vector<std::int64_t>& sizes : std::vector<std::vector<std::int64_t>>{{2, 2}, {7}, {0, 2}, {}}) {
    Tensors other = product;
    other[kOut + ".lokr_w1"] = at::ones(sizes);
    expect_refused(other, {"the layer of this model is [4, 6]"});
  }
}

// Small files whose products would take all of the memory.
TEST_F(LoraFileTest, ProductsAreNoLargerThanTheLayer) {
  const auto column = [](std::int64_t rows) { return at::zeros({1}, at::kHalf).expand({rows, 1}).clone(); };
  const auto row = [&](std::int64_t columns) { return column(columns).view({1, -1}); };
  const std::string other = "the layer of this model is ";
  for (const char* second : {"lokr_w1", "lokr_w2"}) {
    const std::string first = std::string(second) == "lokr_w1" ? "lokr_w2" : "lokr_w1";
    expect_refused({{kOut + "." + first, at::ones({1, 1})},
                    {kOut + "." + second + "_a", column(2'000'000)},
                    {kOut + "." + second + "_b", row(2'000'000)}},
                   {other + "[4, 6]"});
  }
  expect_refused({{kConv + ".lora_up.weight", at::ones({6, 1})},
                  {kConv + ".lora_mid.weight", at::zeros({1, 5000, 3, 3}, at::kHalf)},
                  {kConv + ".lora_down.weight", at::zeros({5000, 4}, at::kHalf)}},
                 {other + "[6, 4, 3, 3]"});
}

TEST_F(LoraFileTest, AScaleBeyondFloat32IsRefused) {
  const Tensors pair{{kOut + ".lora_down.weight", down_}, {kOut + ".lora_up.weight", up_}};
  Tensors with_alpha = pair;
  with_alpha[kOut + ".alpha"] = at::scalar_tensor(1e300, at::kDouble);
  expect_refused(with_alpha, {"is scaled by 5e+299", "download it again"});
  const LoraFile file = written(pair, {{"lora_adapter_metadata", R"({"unet.lora_alpha": -1e300, "unet.r": 2})"}});
  EXPECT_THAT([&] { file.resolve(kModel); }, ThrowsMessage<Error>(HasSubstr("is scaled by -5e+299")));
}

// kohya's of a linear may have a convolution's sides, and the other way round.
TEST_F(LoraFileTest, SidesOfOnePixelMayBeThereOrNot) {
  EXPECT_TRUE(added({{kOut + ".lora_down.weight", down_.view({2, 6, 1, 1})},
                     {kOut + ".lora_up.weight", up_.view({4, 2, 1, 1})}},
                    "mid_block.attentions.0.t.attn1.to_out.0.weight")
                  .allclose(product_));
  const std::string in = "lora_unet_mid_block_attentions_0_proj_in";
  const at::Tensor down = at::rand({2, 4});
  EXPECT_TRUE(
      added({{in + ".lora_down.weight", down}, {in + ".lora_up.weight", up_}}, "mid_block.attentions.0.proj_in.weight")
          .flatten(1)
          .allclose(up_.matmul(down)));
}

TEST_F(LoraFileTest, HasDeltasByPart) {
  const std::string fc1 = "lora_te_text_model_encoder_layers_0_mlp_fc1";
  const PatchesByRole patches = written({{kOut + ".lora_down.weight", down_},
                                         {kOut + ".lora_up.weight", up_},
                                         {fc1 + ".lora_down.weight", at::rand({1, 5})},
                                         {fc1 + ".lora_up.weight", at::rand({7, 1})}})
                                    .resolve(kModel);
  EXPECT_THAT(patches, ElementsAre(Key("text_encoder"), Key("unet")));
}

TEST_F(LoraFileTest, OfAnotherFamilyIsRefusedWithBothShapes) {
  const std::string to_k = "lora_unet_input_blocks_7_1_transformer_blocks_9_attn2_to_k";
  const Tensors tensors{{kOut + ".lora_down.weight", down_},
                        {kOut + ".lora_up.weight", up_},
                        {to_k + ".lora_down.weight", at::rand({2, 2048})},
                        {to_k + ".lora_up.weight", at::rand({4, 2})}};
  expect_refused(tensors, {"is for SDXL: '" + to_k + ".lora_down.weight' takes 2048 numbers", "768 (SD 1.5)"});
  // Of one that has no name.
  Tensors other = tensors;
  other[to_k + ".lora_down.weight"] = at::rand({2, 33});
  expect_refused(other, {"is for another family", "takes 33 numbers"});
}

TEST_F(LoraFileTest, ForAPartThatTheModelLacksIsRefused) {
  expect_refused({{"lora_te2_text_model_x.lora_down.weight", down_}},
                 {"second text encoder, which this model has not"});
}

TEST_F(LoraFileTest, ForAnUnknownLayerIsRefused) {
  expect_refused({{"lora_unet_down_blocks_7_x.lora_down.weight", down_}},
                 {"'lora_unet_down_blocks_7_x.lora_down.weight'", "a layer that this model's UNet has not"});
  // The norm's weight is no layer of a LoRA.
  expect_refused({{"lora_unet_mid_block_attentions_0_norm.lora_down.weight", down_}}, {"has not"});
  expect_refused({{kOut + ".lora_down.weight", down_}}, {"export it again"}, {{"unet", {}}});
}

TEST_F(LoraFileTest, WhatIsNotComputedWithIsRefusedByName) {
  for (const auto& [ending, form] : std::map<std::string, std::string>{{".dora_scale", "DoRA"},
                                                                       {".lora_magnitude_vector", "DoRA"},
                                                                       {".oft_blocks", "OFT"},
                                                                       {".on_input", "IA3"},
                                                                       {".diff", "a full difference"},
                                                                       {".diff_b", "a difference of a bias"},
                                                                       {".w_norm", "a difference of a norm"},
                                                                       {".lora_B.bias", "no tensor of a LoRA"}}) {
    Tensors tensors{{kOut + ".lora_down.weight", down_}, {kOut + ".lora_up.weight", up_}};
    tensors[kOut + ending] = up_;
    expect_refused(tensors, {kOut + ending, form});
  }
  expect_refused({{"bundle_emb.x.string_to_param.*", up_}}, {"an embedding inside of a LoRA"});
}

TEST_F(LoraFileTest, HalfOfAPairIsRefused) {
  expect_refused({{kOut + ".lora_up.weight", up_}}, {kOut, "has no 'down' tensor"});
  expect_refused({{kOut + ".lora_down.weight", down_}}, {kOut, "has no 'up' tensor"});
  expect_refused({{kOut + ".alpha", at::scalar_tensor(1.0)}}, {kOut, "has no 'up' tensor"});
  expect_refused({}, {"no tensors"});
}

TEST_F(LoraFileTest, ALayerThatIsNamedTwiceIsRefused) {
  expect_refused({{kOut + ".lora_up.weight", up_}, {"unet.mid_block.attentions.0.t.attn1.to_out.0.lora_B.weight", up_}},
                 {"are for the same layer"});
}

TEST_F(LoraFileTest, NumbersThatAreNoneAreRefused) {
  for (const double number : {std::nan(""), HUGE_VAL, -HUGE_VAL}) {
    for (const c10::ScalarType dtype : {at::kFloat, at::kHalf, at::kBFloat16, at::kDouble}) {
      at::Tensor up = up_.clone();
      up[1][1] = number;
      expect_refused({{kOut + ".lora_down.weight", down_}, {kOut + ".lora_up.weight", up.to(dtype)}},
                     {kOut + ".lora_up.weight", "NaN or infinite"});
      expect_refused({{kOut + ".alpha", at::scalar_tensor(number)}}, {kOut + ".alpha", "NaN or infinite"});
    }
  }
  expect_refused({{kOut + ".lora_down.weight", down_}, {kOut + ".lora_up.weight", at::zeros({4, 2}, at::kLong)}},
                 {kOut + ".lora_up.weight", "F16, BF16, F32"});
  expect_refused({{kOut + ".alpha", at::ones({2})}}, {"no single number"});
}

TEST_F(LoraFileTest, ShapesThatDoNotFitAreRefused) {
  for (const auto& [up, down] :
       std::vector<std::pair<std::vector<std::int64_t>, std::vector<std::int64_t>>>{{{4, 2}, {2, 7}},
                                                                                    {{5, 2}, {2, 6}},
                                                                                    {{4, 3}, {2, 6}},
                                                                                    {{4}, {2, 6}},
                                                                                    {{4, 2}, {12}},
                                                                                    {{4, 0}, {0, 6}},
                                                                                    {{}, {}},
                                                                                    {{4, 2, 3}, {2, 6}},
                                                                                    {{4, 2}, {2, 6, 3, 3}}}) {
    expect_refused({{kOut + ".lora_down.weight", at::ones(down)}, {kOut + ".lora_up.weight", at::ones(up)}},
                   {kOut, "the layer of this model is [4, 6]"});
  }
}

}  // namespace
}  // namespace deepcache_gen
