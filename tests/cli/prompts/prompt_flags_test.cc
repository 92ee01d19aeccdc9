#include "cli/prompts/prompt_flags.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/error.h"

namespace deepcache_gen {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Optional;
using testing::ThrowsMessage;

PictureRequest nine_steps() {
  PictureRequest picture;
  picture.request.steps = 9;
  picture.request.seed = 7;
  picture.configured = {"c.toml", {{"--steps", "9"}, {"--seed", "7"}}};
  return picture;
}

void read_flags(const std::vector<std::string>& words) {
  PictureRequest picture;
  read_picture_flags(words, picture);
}

void read_fields(const std::vector<OptionValue>& fields) {
  PictureRequest picture;
  read_picture_fields(fields, picture);
}

TEST(PictureFlags, AreReadOntoTheDefaults) {
  PictureRequest picture = nine_steps();
  EXPECT_FALSE(read_picture_flags({"--steps", "3", "-W64", "-n", "grey"}, picture)) << "there is no prompt";
  EXPECT_THAT(picture.request.steps, Optional(3));
  EXPECT_THAT(picture.request.width, Optional(64));
  EXPECT_THAT(picture.request.seed, Optional(7));
  EXPECT_FALSE(picture.own_output);
  read_picture_flags({"-o", "x.png"}, picture);
  EXPECT_TRUE(picture.own_output);
}

TEST(PictureFlags, WhatTheLineSaysIsNotTheConfigurations) {
  PictureRequest picture = nine_steps();
  read_picture_flags({"--steps", "3"}, picture);
  EXPECT_FALSE(picture.configured.values.contains("--steps"));
  EXPECT_TRUE(picture.configured.values.contains("--seed"));
}

TEST(PictureFlags, KeysMayHaveUnderscores) {
  PictureRequest picture;
  EXPECT_TRUE(read_picture_fields({{"prompt", "a"}, {"cfg_scale", "2"}, {"sampler", "ddim"}}, picture));
  EXPECT_TRUE(read_picture_fields({{"prompt", "a"}, {"num_inference_steps", "4"}}, picture));
  EXPECT_THAT(picture.request.steps, Optional(4)) << "as another program calls it";
  EXPECT_THAT(picture.request.guidance_scale, Optional(2.0));
  EXPECT_THAT(picture.request.sampler, Optional(std::string("ddim")));
}

TEST(PictureFlags, OfTheWholeRunAreRefused) {
  EXPECT_THAT([] { read_flags({"--json"}); }, ThrowsMessage<UsageError>(HasSubstr("for the whole run")));
  EXPECT_THAT([] { read_fields({{"device", "cpu"}}); }, ThrowsMessage<UsageError>(HasSubstr("for the whole run")));
}

TEST(PictureFlags, MistakesAreExplained) {
  EXPECT_THAT([] { read_flags({"--setps", "3"}); }, ThrowsMessage<UsageError>(HasSubstr("did you mean '--steps'?")));
  EXPECT_THAT([] { read_fields({{"setps", "3"}}); }, ThrowsMessage<UsageError>(HasSubstr("did you mean 'steps'?")));
  EXPECT_THAT([] { read_flags({"-s", "3", "--seed", "4"}); }, ThrowsMessage<UsageError>(HasSubstr("given 2 times")));
}

TEST(PictureFlags, OfWhichThereMayBeSeveralReplaceTheDefaults) {
  PictureRequest picture;
  picture.request.loras = {"of-all:0.5", "other"};
  read_picture_flags({"--lora", "one:0.25", "--steps", "3", "--lora=two"}, picture);
  EXPECT_THAT(picture.request.loras, ElementsAre("one:0.25", "two"));
  read_picture_fields({{"lora", "three", {"four:2"}}}, picture);
  EXPECT_THAT(picture.request.loras, ElementsAre("three", "four:2"));
  read_picture_flags({"--lora", ""}, picture);
  EXPECT_THAT(picture.request.loras, IsEmpty());
  EXPECT_THAT([] { read_fields({{"steps", "3", {"4"}}}); }, ThrowsMessage<UsageError>(HasSubstr("several values")));
}

TEST(PictureFlags, ShortNamesAreTold) {
  EXPECT_TRUE(is_short_picture_flag("-n"));
  for (const char* word : {"-q", "-", "--seed", "-s3", "n"}) EXPECT_FALSE(is_short_picture_flag(word)) << word;
}

}  // namespace

}  // namespace deepcache_gen
