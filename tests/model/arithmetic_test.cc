#include "model/arithmetic.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/error.h"

namespace deepcache_gen {
namespace {

using testing::HasSubstr;
using testing::ThrowsMessage;

// Two rungs; every part has a digit of its own in a picture of ten latent pixels.
constexpr const char* kParts = R"({
  "unet": {"rungs": 2,
           "multiply_adds": {"time_embedding": [1, 0, 0], "down": [[0, 1, 0], [0, 0, 1]], "mid": [1000, 0, 0],
                             "up": [[10000, 0, 0], [100000, 0, 0]], "out": [1000000, 0, 0]}},
  "vae_decoder": {"multiply_adds": [3, 2, 1]},
  "vae_encoder": {},
  "text_encoder": {"multiply_adds": 5},
  "text_encoder_2": {"multiply_adds": 7}
})";

nlohmann::json model_json() { return nlohmann::json::parse(kParts); }

std::optional<ModelArithmetic> read(const nlohmann::json& json) {
  PartDescriptions parts;
  for (const auto& [role, facts] : json.items()) parts.insert({role, {"file.pt", JsonObject(facts, role)}});
  return read_arithmetic(parts);
}

TEST(Arithmetic, AFullPassRunsAllParts) { EXPECT_EQ(read(model_json())->unet.full_pass(10), 1111111); }

TEST(Arithmetic, ACachedPassRunsTheOutermostRungs) {
  const UNetArithmetic unet = read(model_json())->unet;
  EXPECT_EQ(unet.cached_pass(0, 10), 1100011) << "skip 0 is taken by the last up rung";
  EXPECT_EQ(unet.cached_pass(1, 10), 1110111) << "all but the middle";
}

TEST(Arithmetic, TextEncodersAddUp) {
  const ModelArithmetic arithmetic = *read(model_json());
  EXPECT_EQ(arithmetic.text, 12);
  EXPECT_EQ(arithmetic.decoder.at(10), 123);
}

TEST(Arithmetic, OfAControlNetCachedStepsRunTheOutermostRungs) {
  const JsonObject facts(nlohmann::json::parse(R"({"rungs": 2, "multiply_adds": {"time_embedding": [1, 0, 0],
      "picture": [5, 0, 0], "down": [[0, 1, 0], [0, 0, 1]], "mid": [1000, 0, 0]}})"),
                         "control_net");
  const ControlArithmetic net = *read_control_arithmetic(facts);
  EXPECT_EQ(net.cached_pass(0, 10), 11);
  EXPECT_EQ(net.cached_pass(1, 10), 1111) << "at the deepest branch mid, too";
  EXPECT_EQ(net.full_pass(10), 1111);
  EXPECT_EQ(net.picture.at(10), 5);
  EXPECT_FALSE(read_control_arithmetic(JsonObject(nlohmann::json{{"rungs", 2}}, "control_net")));
}

TEST(Arithmetic, IsUnsetWhereAPartIsMissing) {
  for (const char* part : {"/unet/multiply_adds", "/vae_decoder/multiply_adds", "/text_encoder_2/multiply_adds"}) {
    nlohmann::json json = model_json();
    json.at(nlohmann::json::json_pointer(part)) = nullptr;
    EXPECT_FALSE(read(json)) << part;
  }
  for (const char* role : {"unet", "vae_decoder"}) {
    nlohmann::json json = model_json();
    json.erase(role);
    EXPECT_FALSE(read(json)) << role;
  }
}

TEST(Arithmetic, ComplainsAboutAnotherNumberOfRungsOrCoefficients) {
  nlohmann::json json = model_json();
  json["unet"]["rungs"] = 3;
  EXPECT_THAT([&] { read(json); },
              ThrowsMessage<Error>(
                  HasSubstr("unet: multiply_adds: down: has 2 polynomials, needs one for each of the 3 rungs")));
  json = model_json();
  json["unet"]["multiply_adds"]["mid"] = {1, 2};
  EXPECT_THAT([&] { read(json); }, ThrowsMessage<Error>(HasSubstr("mid: needs the three numbers")));
  json["unet"]["multiply_adds"]["mid"] = {1, -2, 0};
  EXPECT_THAT([&] { read(json); }, ThrowsMessage<Error>(HasSubstr("none below 0")));
  json = model_json();
  json["unet"]["multiply_adds"]["up"][1] = "many";
  EXPECT_THAT([&] { read(json); }, ThrowsMessage<Error>(HasSubstr("up[1]: expected a list of numbers")));
}

}  // namespace
}  // namespace deepcache_gen
