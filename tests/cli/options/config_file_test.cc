#include "cli/options/config_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/environment_variable.h"
#include "support/error.h"
#include "support/interrupted.h"
#include "support/temporary_folder.h"

namespace deepcache_gen {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Optional;
using testing::Pair;
using testing::StartsWith;
using testing::ThrowsMessage;

class ConfigFile : public testing::Test {
 protected:
  // `given`: names of flags that the command line has.
  CommandLine read(const std::string& text, const std::vector<std::string>& given = {},
                   Action action = Action::generate) {
    write_text(file_, text);
    std::vector<const Option*> flags;
    for (const std::string& name : given) flags.push_back(find_option(options_, name));
    CommandLine line;
    line.action = action;
    read_config_file(file_, options_, flags, line);
    return line;
  }

  auto refuses(const std::string& said) {
    return ThrowsMessage<UsageError>(AllOf(StartsWith(file_.string() + ": "), HasSubstr(said)));
  }

  TemporaryFolder folder_;
  std::filesystem::path file_ = folder_ / "c.toml";
  std::vector<Option> options_ = option_table();
};

TEST_F(ConfigFile, FillsTheFieldsOfTheFlags) {
  const CommandLine line = read(
      "# a comment\nsteps = 7\ncfg_scale = 2.5\nsampler = \"euler\"\njson = true\nresume = false\n"
      "negative-prompt = \"blurry, grey\"\n");
  EXPECT_THAT(line.picture.request.steps, Optional(7));
  EXPECT_THAT(line.picture.request.guidance_scale, Optional(2.5));
  EXPECT_THAT(line.picture.request.sampler, Optional(std::string("euler")));
  EXPECT_THAT(line.picture.request.negative_prompt, Optional(std::string("blurry, grey")));
  EXPECT_TRUE(line.output.json);
  EXPECT_FALSE(line.output.resume);
}

TEST_F(ConfigFile, NotesWhatItHasSet) {
  const CommandLine line = read("sampler = \"euler\"\nquiet = true\nresume = false\nsteps = 7\n", {"--steps"});
  EXPECT_EQ(line.picture.configured.file, file_);
  EXPECT_THAT(line.picture.configured.values, ElementsAre(Pair("--quiet", "true"), Pair("--sampling-method", "euler")));
}

TEST_F(ConfigFile, LeavesFlagsOfTheCommandLineAlone) {
  const CommandLine line = read("steps = 7\nwidth = 64\nquiet = true\n", {"--steps", "-v"});
  EXPECT_EQ(line.picture.request.steps, std::nullopt);
  EXPECT_EQ(line.messages.verbosity, Verbosity::normal) << "--verbose excludes it";
  EXPECT_THAT(line.picture.request.width, Optional(64));
}

TEST_F(ConfigFile, ReadsOnlyWhatTheActionKnows) {
  const CommandLine bench = read("rounds = 2\nresume = true\n", {}, Action::bench);
  EXPECT_EQ(bench.bench.rounds, 2);
  EXPECT_EQ(read("rounds = 2\n").bench.rounds, BenchOptions().rounds);
  EXPECT_THAT(read("interval = [2, 4]\n", {}, Action::compare).compare.intervals, testing::Optional(ElementsAre(2, 4)));
}

TEST_F(ConfigFile, PathsMayBeginAtHome) {
  const EnvironmentVariable home("HOME", "/home/me");
  const CommandLine line = read("output = \"~/pictures/\"\nmodel = ~/x\nnegative-prompt = \"~/x\"\ntrace = \"a~/t\"\n");
  EXPECT_THAT(line.picture.output, Optional(std::string("/home/me/pictures/")));
  EXPECT_THAT(line.model, Optional(std::filesystem::path("/home/me/x")));
  EXPECT_THAT(line.output.trace, Optional(std::filesystem::path("a~/t")));
  EXPECT_THAT(line.picture.request.negative_prompt, Optional(std::string("~/x"))) << "is no path";
}

TEST_F(ConfigFile, IsBounded) {
  EXPECT_THAT([&] { read("# " + std::string(1 << 16, 'x')); },
              ThrowsMessage<Error>(HasSubstr("is larger than 65536 bytes")));
  EXPECT_THAT([&] { read("[" + std::string(60'000, '.') + "]\n"); },
              refuses("'[" + std::string(59, '.') + "...': is a section"));
  EXPECT_THAT([&] { read("interval = [" + std::string(60'000, ',') + "]\n"); }, refuses("values; set it once"));
}

TEST_F(ConfigFile, HasNoNulInItsValues) {
  EXPECT_THAT([&] { read({"output = \"a\0b.png\"\n", 19}); }, refuses("output 'a\\x00b.png': holds a NUL character"));
}

TEST_F(ConfigFile, MayBeWrittenByAnyEditor) {
  EXPECT_THAT(read("\xEF\xBB\xBFsteps = 7\r\nwidth = 64\r\n").picture.request.steps, Optional(7));
  EXPECT_THAT(read("steps = 7").picture.request.steps, Optional(7)) << "no newline at its end";
  EXPECT_EQ(read("").picture.request.steps, std::nullopt);
  EXPECT_EQ(read("#").picture.request.steps, std::nullopt);
}

TEST_F(ConfigFile, RefusesWhatItDoesNotKnow) {
  EXPECT_THAT([&] { read("setps = 7\n"); }, refuses("unknown key 'setps'; did you mean 'steps'?"));
  EXPECT_THAT([&] { read("type = \"q8_0\"\n"); }, refuses("unknown key 'type': weights are not quantised; use --dtype"));
  EXPECT_THAT([&] { read("[x]\nsteps = 7\n"); }, refuses("'x.steps': is in a section"));
  EXPECT_THAT([&] { read("prompt = \"a\"\n"); }, refuses("prompt: has no place"));
}

TEST_F(ConfigFile, RefusesValuesByKey) {
  EXPECT_THAT([&] { read("steps = many\n"); }, refuses("steps 'many': expected a whole number"));
  EXPECT_THAT([&] { read("json = 1\n"); }, refuses("json '1': expected true or false"));
  EXPECT_THAT([&] { read("interval = [2, 4]\n"); }, refuses("interval: has 2 values"));
  EXPECT_THAT([&] { read("negative-prompt = blurry grey\n"); }, refuses("in quotes"));
}

TEST_F(ConfigFile, RefusesWhatIsSetTwice) {
  EXPECT_THAT([&] { read("interval = 2\nwidth = 64\ncache_interval = 3\n"); }, refuses("cache_interval: is set twice"));
  EXPECT_THAT([&] { read("quiet = true\nverbose = true\n"); }, refuses("verbose: excludes quiet"));
}

TEST_F(ConfigFile, SaysWhatCanNotBeRead) {
  const auto read_file = [&](const std::filesystem::path& file) {
    CommandLine line;
    read_config_file(file, options_, {}, line);
  };
  EXPECT_THAT([&] { read_file(folder_ / "none.toml"); }, ThrowsMessage<Error>(HasSubstr("none.toml: cannot be read")));
  EXPECT_THAT([&] { read_file(folder_.path()); }, ThrowsMessage<Error>(HasSubstr("Is a directory")));
}

TEST(UserConfigFile, IsWhereTheXdgSpecificationSaysIfItIsThere) {
  const TemporaryFolder folder;
  const EnvironmentVariable home("HOME", (folder / "home").string());
  const std::filesystem::path below_xdg = folder / "xdg/deepcache-gen/config.toml";
  const std::filesystem::path below_home = folder / "home/.config/deepcache-gen/config.toml";
  {
    const EnvironmentVariable xdg("XDG_CONFIG_HOME", (folder / "xdg").string());
    EXPECT_EQ(user_config_file(), std::nullopt) << "there is none";
    for (const auto& file : {below_xdg, below_home}) {
      std::filesystem::create_directories(file.parent_path());
      write_text(file, "");
    }
    EXPECT_EQ(user_config_file(), below_xdg);
  }
  for (const std::optional<std::string>& unusable : {std::optional<std::string>(), {""}, {"relative/path"}}) {
    const EnvironmentVariable xdg("XDG_CONFIG_HOME", unusable);
    EXPECT_EQ(user_config_file(), below_home);
  }
}

using testing::ThrowsMessage;

const ConfiguredFlags kConfigured{
    "c.toml", {{"--batch", "2"}, {"--interval", "5"}, {"--model", "/there/x"}, {"--sampling-method", "eulr"}}};

UsageError about(const std::vector<std::string>& flags, const std::string& message) {
  UsageError error(message);
  for (const std::string& flag : flags) error.add_flag(flag);
  return error;
}

TEST(WithOrigin, NamesTheFlagThatAnErrorIsAbout) {
  EXPECT_EQ(with_origin(UsageError("--interval", "--interval 5: expected 1 to 4"), kConfigured),
            "--interval 5: expected 1 to 4 (interval is set in c.toml)");
  EXPECT_EQ(with_origin(about({"--interval", "--batch"}, "--batch and --interval do not go together"), kConfigured),
            "--batch and --interval do not go together (batch and interval are set in c.toml)");
  EXPECT_EQ(with_origin(UsageError("--sampling-method", "unknown sampler 'eulr'"), kConfigured),
            "unknown sampler 'eulr' (sampling-method is set in c.toml)");
}

TEST(WithOrigin, NamesTheFlagWhosePathStandsInTheMessage) {
  EXPECT_EQ(with_origin(Error("/there/x/model.json: not there"), kConfigured),
            "/there/x/model.json: not there (model is set in c.toml)");
}

TEST(WithOrigin, LeavesOtherMessagesAsTheyAre) {
  EXPECT_EQ(with_origin(UsageError("--batch-size", "--batch-size 0: expected 1 or more"), kConfigured),
            "--batch-size 0: expected 1 or more");
  EXPECT_EQ(with_origin(UsageError("the sampler 'eulr' of another, --interval"), kConfigured),
            "the sampler 'eulr' of another, --interval")
      << "the words don't count";
  EXPECT_EQ(with_origin(UsageError("--interval", "c.toml: interval 'x': expected a whole number"), kConfigured),
            "c.toml: interval 'x': expected a whole number")
      << "it names the file already";
  EXPECT_EQ(with_origin(UsageError("--interval", "--interval 5"), {}), "--interval 5");
  EXPECT_EQ(with_origin(Error("the prompt ''"), {"c.toml", {{"--negative-prompt", ""}}}), "the prompt ''");
}

TEST(TellOrigins, KeepsTheKindOfAnError) {
  const auto throwing = [](const auto& error) { return [error] { tell_origins(kConfigured, [&] { throw error; }); }; };
  EXPECT_THAT(throwing(UsageError("--batch", "--batch 2")),
              ThrowsMessage<UsageError>("--batch 2 (batch is set in c.toml)"));
  EXPECT_THAT(throwing(Error("--batch", "--batch 2")), ThrowsMessage<Error>("--batch 2 (batch is set in c.toml)"));
  EXPECT_THROW(throwing(NoMoreOutput("--batch", "--batch 2"))(), NoMoreOutput);
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
