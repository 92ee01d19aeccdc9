#include "cli/prompts/prompt_flags.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/error.h"

namespace deepcache_gen {
namespace {

using testing::HasSubstr;
using testing::Optional;
using testing::ThrowsMessage;

PictureOptions nine_steps() {
  PictureOptions picture;
  picture.request.steps = 9;
  picture.request.seed = 7;
  picture.configured = {"c.toml", {{"--steps", "9"}, {"--seed", "7"}}};
  return picture;
}

TEST(PictureFlags, AreReadOntoTheDefaults) {
  const PictureFlags flags = read_picture_flags({"--steps", "3", "-W64", "-n", "grey"}, nine_steps());
  EXPECT_THAT(flags.picture.request.steps, Optional(3));
  EXPECT_THAT(flags.picture.request.width, Optional(64));
  EXPECT_THAT(flags.picture.request.seed, Optional(7));
  EXPECT_FALSE(flags.has_prompt || flags.has_output);
  EXPECT_TRUE(read_picture_flags({"-o", "x.png"}, {}).has_output);
}

TEST(PictureFlags, WhatTheLineSaysIsNotTheConfigurations) {
  const PictureFlags flags = read_picture_flags({"--steps", "3"}, nine_steps());
  EXPECT_FALSE(flags.picture.configured.values.contains("--steps"));
  EXPECT_TRUE(flags.picture.configured.values.contains("--seed"));
}

TEST(PictureFlags, KeysMayHaveUnderscores) {
  const PictureFlags flags = read_picture_fields({{"prompt", "a"}, {"cfg_scale", "2"}, {"sampler", "ddim"}}, {});
  EXPECT_TRUE(flags.has_prompt);
  EXPECT_THAT(flags.picture.request.guidance_scale, Optional(2.0));
  EXPECT_THAT(flags.picture.request.sampler, Optional(std::string("ddim")));
}

TEST(PictureFlags, OfTheWholeRunAreRefused) {
  EXPECT_THAT([] { read_picture_flags({"--json"}, {}); }, ThrowsMessage<UsageError>(HasSubstr("for the whole run")));
  EXPECT_THAT(
      [] {
        read_picture_fields({{"device", "cpu"}}, {});
      },
      ThrowsMessage<UsageError>(HasSubstr("for the whole run")));
}

TEST(PictureFlags, MistakesAreExplained) {
  EXPECT_THAT(
      [] {
        read_picture_flags({"--setps", "3"}, {});
      },
      ThrowsMessage<UsageError>(HasSubstr("did you mean '--steps'?")));
  EXPECT_THAT(
      [] {
        read_picture_fields({{"setps", "3"}}, {});
      },
      ThrowsMessage<UsageError>(HasSubstr("did you mean 'steps'?")));
  EXPECT_THAT(
      [] {
        read_picture_flags({"-s", "3", "--seed", "4"}, {});
      },
      ThrowsMessage<UsageError>(HasSubstr("given 2 times")));
}

TEST(PictureFlags, ShortNamesAreTold) {
  EXPECT_TRUE(is_short_picture_flag("-n"));
  for (const char* word : {"-q", "-", "--seed", "-s3", "n"}) EXPECT_FALSE(is_short_picture_flag(word)) << word;
}

}  // namespace

}  // namespace deepcache_gen
