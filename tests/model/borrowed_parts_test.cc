#include "model/borrowed_parts.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "model/model_identity.h"
#include "support/error.h"

namespace deepcache_gen {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::ThrowsMessage;

FileInfo file_of_size(std::uintmax_t size) { return {.size = size, .sha256 = std::string(64, 'a')}; }

class BorrowedParts : public testing::Test {
 protected:
  BorrowedParts() {
    own_.vae.scaling_factor = 0.5;
    own_.preview = PreviewMap{{}, {1, 1, 1}};
    own_.arithmetic = ModelArithmetic{};
    lender_.vae.scaling_factor = 0.25;
    lender_.vae.is_tiny = true;
  }

  ModelInfo own_{.folder = "/models/own",
                 .name = "own",
                 .parts = {{kUNet, {"unet.pt", {}}}, {kVaeDecoder, {"d.pt", {}}}, {kVaeEncoder, {"e.pt", {}}}},
                 .latent_channels = 4,
                 .files = {{"unet.pt", file_of_size(1)}, {"d.pt", file_of_size(2)}, {"e.pt", file_of_size(3)}}};
  ModelInfo lender_{.folder = "/models/small",
                    .name = "small",
                    .parts = {{kVaeDecoder, {"decoder.pt", {}}}, {kVaeEncoder, {"encoder.pt", {}}}},
                    .latent_channels = 4,
                    .files = {{"decoder.pt", file_of_size(4)}, {"encoder.pt", file_of_size(5)}}};
};

TEST_F(BorrowedParts, AreTheLendersFilesWithTheirNumbers) {
  const ModelInfo model = with_vae_of(own_, lender_);
  EXPECT_EQ(model.path_of(kVaeDecoder), "/models/small/decoder.pt");
  EXPECT_EQ(model.path_of(kVaeEncoder), "/models/small/encoder.pt");
  EXPECT_EQ(model.path_of(kUNet), "/models/own/unet.pt");
  EXPECT_EQ(model.file_of(kVaeDecoder).size, 4u);
  EXPECT_EQ(model.file_of(kUNet).size, 1u);
  EXPECT_EQ(model.vae.scaling_factor, 0.25);
  EXPECT_TRUE(model.vae.is_tiny);
  EXPECT_EQ(model.name, "own");
}

TEST_F(BorrowedParts, AreWhatIdentifiesAPicture) {
  const ModelIdentity identity = identity_of(with_vae_of(own_, lender_), {kUNet, kVaeDecoder, kVaeEncoder});
  EXPECT_EQ(identity.vae, "small");
  EXPECT_EQ(identity.parts.at(kVaeDecoder).size, 4u);
  EXPECT_EQ(identity.parts.at(kVaeEncoder).size, 5u);
  EXPECT_EQ(identity.settings.at("scaling_factor"), 0.25);
  EXPECT_EQ(identity_of(own_, {kUNet, kVaeDecoder}).vae, "");
}

// Its latents are not the other VAE's.
TEST_F(BorrowedParts, LeaveNothingOfTheModelsOwnVae) {
  lender_.parts.erase(kVaeEncoder);
  EXPECT_THAT([&] { with_vae_of(own_, lender_).part(kVaeEncoder); },
              ThrowsMessage<Error>(HasSubstr("model small has no vae_encoder")));
}

TEST_F(BorrowedParts, AreRefusedWithBothNumbersWhereLatentsDiffer) {
  lender_.latent_channels = 16;
  EXPECT_THAT([&] { with_vae_of(own_, lender_); },
              ThrowsMessage<UsageError>(AllOf(HasSubstr("small': has 16 latent channels"), HasSubstr("own has 4"))));
  lender_.latent_channels = 4;
  lender_.vae_scale = 4;
  EXPECT_THAT([&] { with_vae_of(own_, lender_); },
              ThrowsMessage<UsageError>(AllOf(HasSubstr("has 4 pixels per latent"), HasSubstr("own has 8"))));
}

TEST_F(BorrowedParts, MustHaveADecoderAmongThem) {
  lender_.parts.erase(kVaeDecoder);
  try {
    with_vae_of(own_, lender_);
    FAIL();
  } catch (const UsageError& error) {
    EXPECT_THAT(error.what(), HasSubstr("small': has no VAE decoder"));
    EXPECT_THAT(error.flags(), ElementsAre("--vae"));
  }
}

TEST_F(BorrowedParts, BringTheirPreviewMapWhereTheyHaveOne) {
  EXPECT_EQ(with_vae_of(own_, lender_).preview->bias[0], 1);
  lender_.preview = PreviewMap{{}, {2, 2, 2}};
  EXPECT_EQ(with_vae_of(own_, lender_).preview->bias[0], 2);
}

TEST_F(BorrowedParts, BringWhatTheyCost) {
  EXPECT_FALSE(with_vae_of(own_, lender_).arithmetic) << "half of it would be another model's";
  lender_.vae.decoding = MultiplyAdds{.linear = 7};
  EXPECT_EQ(with_vae_of(own_, lender_).arithmetic->decoder.linear, 7);
  own_.arithmetic.reset();
  EXPECT_FALSE(with_vae_of(own_, lender_).arithmetic);
}

}  // namespace
}  // namespace deepcache_gen
