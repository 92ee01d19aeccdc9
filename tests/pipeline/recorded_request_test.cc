#include "pipeline/recorded_request.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <nlohmann/json.hpp>

#include "support/error.h"

namespace deepcache_gen {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Pair;
using testing::ThrowsMessage;
using testing::UnorderedElementsAre;

std::map<std::string, std::string> values_of(const RecordedRequest& request) {
  std::map<std::string, std::string> values;
  for (const OptionValue& value : request.values) EXPECT_TRUE(values.emplace(value.flag, value.text).second);
  return values;
}

TEST(ReadSettingsRecord, HasTheFlagsOfItsKeys) {
  const RecordedRequest request = read_settings_record(
      R"({"prompt": "a boat", "negative_prompt": null, "width": 64, "guidance_scale": 7.5, "seed": 9007199254740993,
          "sampler": "euler", "interval": 3, "keep_unmasked": true, "model": "scenes", "vae": "other", "new": 1,
          "unet_sha256": "aa"})");
  EXPECT_THAT(
      values_of(request),
      UnorderedElementsAre(Pair("--prompt", "a boat"), Pair("--width", "64"), Pair("--cfg-scale", "7.5"),
                           Pair("--seed", "9007199254740993"), Pair("--sampling-method", "euler"),
                           Pair("--interval", "3"), Pair("--keep-unmasked", "true"), Pair("--prompt-style", "plain")));
  EXPECT_EQ(request.model, "scenes");
  EXPECT_EQ(request.vae, "other");
  EXPECT_EQ(request.refiner, std::nullopt);
}

TEST(ReadSettingsRecord, HasTheLevelsThemselvesAndNotAlsoTheirSchedule) {
  const RecordedRequest request =
      read_settings_record(R"({"steps": 2, "scheduler": "discrete", "sigmas": [14.6, 3, 0]})");
  EXPECT_THAT(values_of(request), UnorderedElementsAre(Pair("--sigmas", "14.6,3,0"), Pair("--prompt-style", "plain")));
}

TEST(ReadSettingsRecord, RefusesOddValues) {
  for (const char* json : {"[]", "1", "{", "", R"({"steps": {"a": 1}})", R"({"sigmas": []})", R"({"sigmas": ["a"]})"})
    EXPECT_THROW(read_settings_record(json), Error) << json;
  EXPECT_THAT([] { read_settings_record(R"({"steps": {"a": 1}})"); },
              ThrowsMessage<Error>(HasSubstr(R"(says 'steps' is {"a":1}, which is no value)")));
}

TEST(ReadInfotext, HasWhatBothKnow) {
  const RecordedRequest request = read_infotext(
      "a cat, (big:1.2)\nsecond line\nNegative prompt: dog,\nbad\n"
      "Steps: 20, Sampler: Euler a, Schedule type: Karras, CFG scale: 7, Seed: 1234, Size: 512x768, "
      "Model hash: 6ce0161689, Model: \"v1, 5\", Clip skip: 2, Version: v1.10.1");
  EXPECT_THAT(
      values_of(request),
      UnorderedElementsAre(Pair("--prompt", "a cat, (big:1.2)\nsecond line"), Pair("--negative-prompt", "dog,\nbad"),
                           Pair("--steps", "20"), Pair("--sampling-method", "euler_a"), Pair("--scheduler", "karras"),
                           Pair("--cfg-scale", "7"), Pair("--seed", "1234"), Pair("--width", "512"),
                           Pair("--height", "768"), Pair("--clip-skip", "2"), Pair("--prompt-style", "a1111")));
  EXPECT_EQ(request.model, "v1, 5");
  EXPECT_THAT(request.not_understood, ElementsAre("Model hash"));
}

TEST(ReadInfotext, FactsThatThisProgramWroteAreNoSettings) {
  const RecordedRequest request = read_infotext(
      "a cat\nSteps: 20, CFG scale: 7, Seed: 1, Model hash: aaaaaaaaaa, Model: m, Dtype: bf16, Version: deepcache-gen "
      "1");
  EXPECT_TRUE(request.not_understood.empty());
}

TEST(ReadInfotext, ItsPromptsAreReadAsTheProgramDidThatWroteIt) {
  const auto style_of = [](const std::string& end) {
    return values_of(read_infotext("(a)\nSteps: 20, Seed: 1, CFG scale: 7" + end)).at("--prompt-style");
  };
  EXPECT_EQ(style_of(""), "a1111");
  EXPECT_EQ(style_of(", Version: v1.10.1"), "a1111");
  EXPECT_EQ(style_of(", Version: deepcache-gen 1.0.0"), "plain");
  EXPECT_EQ(style_of(", Prompt style: a1111, Version: deepcache-gen 1.0.0"), "a1111");
  EXPECT_EQ(values_of(read_settings_record(R"({"prompt": "a", "prompt_style": "a1111"})")).at("--prompt-style"),
            "a1111");
}

TEST(ReadInfotext, TakesOlderNamesOfSamplersApart) {
  const auto values = values_of(read_infotext("a\nSteps: 20, Sampler: DPM++ 2M Karras, CFG scale: 7, Seed: 1"));
  EXPECT_EQ(values.at("--sampling-method"), "dpm++2m");
  EXPECT_EQ(values.at("--scheduler"), "karras");
}

TEST(ReadInfotext, LeavesOutAScheduleThatIsNone) {
  const RecordedRequest request = read_infotext("a\nSteps: 20, Sampler: DPM++ 2M, Schedule type: Automatic, Seed: 1");
  EXPECT_FALSE(values_of(request).contains("--scheduler"));
  EXPECT_THAT(request.not_understood, ElementsAre("Schedule type"));
}

TEST(ReadInfotext, ReadsAStrengthAsThatOfTheSecondPassWhereThereIsOne) {
  const auto hires = values_of(
      read_infotext("a\nSteps: 20, Seed: 1, Denoising strength: 0.6, Hires upscale: 2, Hires upscaler: Latent"));
  EXPECT_EQ(hires.at("--hires-strength"), "0.6");
  EXPECT_EQ(hires.at("--hires-upscaler"), "latent");
  EXPECT_EQ(values_of(read_infotext("a\nSteps: 20, Seed: 1, Denoising strength: 0.6")).at("--strength"), "0.6");
}

TEST(ReadInfotext, HasNoPromptWhereThereIsNone) {
  const auto values = values_of(read_infotext("Negative prompt: b\nSteps: 20, Seed: 1, CFG scale: 7"));
  EXPECT_EQ(values.at("--prompt"), "");
  EXPECT_EQ(values.at("--negative-prompt"), "b");
}

TEST(ReadInfotext, RefusesOtherTexts) {
  for (const char* text : {"", "\n\n", "hello", "a: b, c: d", "Steps: 20, Seed: 1", "a: 1, b: 2, c: 3", "::,::,::"})
    EXPECT_THAT([&] { read_infotext(text); }, ThrowsMessage<Error>(HasSubstr("no settings of a picture"))) << text;
  EXPECT_THAT([] { read_infotext("a\nSteps: 1, Seed: 2, Size: large"); },
              ThrowsMessage<Error>(HasSubstr("'Size' is 'large'; expected WIDTHxHEIGHT")));
}

TEST(DisplacedBy, SaysWhatStepsAndLevelsCanNotSayTogether) {
  EXPECT_THAT(displaced_by("--steps"), ElementsAre("--sigmas", "--timesteps", "--cache-policy"));
  EXPECT_THAT(displaced_by("--prompt"), IsEmpty());
}

}  // namespace
}  // namespace deepcache_gen
