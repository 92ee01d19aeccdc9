#include "cli/options/configured_flags.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/environment_variable.h"
#include "support/error.h"
#include "support/interrupted.h"

namespace deepcache_gen {
namespace {

using testing::ThrowsMessage;

const ConfiguredFlags kConfigured{
    "c.toml", {{"--batch", "2"}, {"--interval", "5"}, {"--model", "/there/x"}, {"--sampling-method", "eulr"}}};

TEST(WithOrigin, NamesTheFlagThatAMessageIsAbout) {
  EXPECT_EQ(with_origin("--interval 5: expected 1 to 4", kConfigured),
            "--interval 5: expected 1 to 4 (interval is set in c.toml)");
  EXPECT_EQ(with_origin("--batch and --interval do not go together", kConfigured),
            "--batch and --interval do not go together (batch and interval are set in c.toml)");
}

TEST(WithOrigin, NamesTheFlagWhoseValueAMessageQuotes) {
  EXPECT_EQ(with_origin("unknown sampler 'eulr'", kConfigured),
            "unknown sampler 'eulr' (sampling-method is set in c.toml)");
  EXPECT_EQ(with_origin("/there/x/model.json: not there", kConfigured),
            "/there/x/model.json: not there (model is set in c.toml)");
}

TEST(WithOrigin, LeavesOtherMessagesAsTheyAre) {
  for (const char* message : {"--batch-size 0: expected 1 or more", "--intervals: unknown", "5 images", "a eulr",
                              "c.toml: interval 'x': expected a whole number"}) {
    EXPECT_EQ(with_origin(message, kConfigured), message);
  }
  EXPECT_EQ(with_origin("--interval 5", {}), "--interval 5");
  EXPECT_EQ(with_origin("the prompt ''", {"c.toml", {{"--negative-prompt", ""}}}), "the prompt ''");
}

TEST(TellOrigins, KeepsTheKindOfAnError) {
  const auto throwing = [](const auto& error) { return [error] { tell_origins(kConfigured, [&] { throw error; }); }; };
  EXPECT_THAT(throwing(UsageError("--batch 2")), ThrowsMessage<UsageError>("--batch 2 (batch is set in c.toml)"));
  EXPECT_THAT(throwing(Error("--batch 2")), ThrowsMessage<Error>("--batch 2 (batch is set in c.toml)"));
  EXPECT_THROW(throwing(NoMoreOutput("--batch 2"))(), NoMoreOutput);
  EXPECT_THROW(throwing(Interrupted())(), Interrupted);
  EXPECT_THROW(throwing(std::bad_alloc())(), std::bad_alloc);
}

TEST(ShownPath, IsBelowTheTilde) {
  const EnvironmentVariable home("HOME", "/home/me");
  EXPECT_EQ(shown_path("/home/me/.config/x"), "~/.config/x");
  EXPECT_EQ(shown_path("/home/meadow/x"), "/home/meadow/x");
  EXPECT_EQ(shown_path("x"), "x");
}

}  // namespace
}  // namespace deepcache_gen
