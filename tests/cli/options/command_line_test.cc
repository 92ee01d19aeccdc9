#include "cli/options/command_line.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

#include "support/error.h"

namespace deepcache_gen {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using testing::Optional;
using testing::UnorderedElementsAre;

CommandLine parse(std::vector<const char*> arguments) {
  arguments.insert(arguments.begin(), "deepcache-gen");
  return parse_command_line(static_cast<int>(arguments.size()), arguments.data());
}

TEST(ParseCommandLine, LeavesUnsetWhatIsNotGiven) {
  const CommandLine line = parse({"--prompt", "a boat"});
  EXPECT_EQ(line.action, Action::generate);
  EXPECT_EQ(line.picture.request.prompt, "a boat");
  EXPECT_EQ(line.picture.request.image_count, 1);
  EXPECT_EQ(line.execution.device, "auto");
  EXPECT_EQ(line.execution.dtype, "auto");
  EXPECT_FALSE(line.picture.request.negative_prompt || line.picture.request.width || line.picture.request.height ||
               line.picture.request.steps || line.picture.request.guidance_scale || line.picture.request.sampler ||
               line.picture.request.sigma_schedule || !line.picture.request.cache.empty() || line.execution.batch_size);
  EXPECT_FALSE(line.picture.request.seed || line.model || line.execution.threads || line.picture.output ||
               line.output.latents || line.output.json);
  EXPECT_EQ(line.messages.verbosity, Verbosity::normal);
}

TEST(ParseCommandLine, ReadsEveryFlag) {
  const CommandLine line = parse({"--model",
                                  "models/x",
                                  "--prompt",
                                  "p",
                                  "--negative-prompt",
                                  "n",
                                  "--output",
                                  "o.png",
                                  "--width",
                                  "64",
                                  "--height",
                                  "72",
                                  "--steps",
                                  "9",
                                  "--cfg-scale",
                                  "2.5",
                                  "--sampling-method",
                                  "ddim",
                                  "--scheduler",
                                  "karras",
                                  "--seed",
                                  "5",
                                  "--batch-count",
                                  "3",
                                  "--batch-size",
                                  "2",
                                  "--interval",
                                  "4",
                                  "--branch",
                                  "1",
                                  "--device",
                                  "cuda:1",
                                  "--dtype",
                                  "fp16",
                                  "--tf32",
                                  "--cudnn-benchmark",
                                  "--no-cuda-graphs",
                                  "--threads",
                                  "6",
                                  "--json",
                                  "--save-latents",
                                  "l.npy",
                                  "--verbose"});
  EXPECT_THAT(line.model, Optional(std::filesystem::path("models/x")));
  EXPECT_EQ(line.picture.request.prompt, "p");
  EXPECT_THAT(line.picture.request.negative_prompt, Optional(std::string("n")));
  EXPECT_THAT(line.picture.output, Optional(std::string("o.png")));
  EXPECT_THAT(line.picture.request.width, Optional(64));
  EXPECT_THAT(line.picture.request.height, Optional(72));
  EXPECT_THAT(line.picture.request.steps, Optional(9));
  EXPECT_THAT(line.picture.request.guidance_scale, Optional(2.5));
  EXPECT_THAT(line.picture.request.sampler, Optional(std::string("ddim")));
  EXPECT_THAT(line.picture.request.sigma_schedule, Optional(std::string("karras")));
  EXPECT_THAT(line.picture.request.seed, Optional(5));
  EXPECT_EQ(line.picture.request.image_count, 3);
  EXPECT_THAT(line.execution.batch_size, Optional(2));
  EXPECT_EQ(line.picture.request.cache.options, (std::map<std::string, double>{{"interval", 4}, {"branch", 1}}));
  EXPECT_EQ(line.execution.device, "cuda:1");
  EXPECT_EQ(line.execution.dtype, "fp16");
  EXPECT_TRUE(line.execution.tf32);
  EXPECT_TRUE(line.execution.cudnn_benchmark);
  EXPECT_TRUE(line.execution.no_cuda_graphs);
  EXPECT_THAT(line.execution.threads, Optional(6));
  EXPECT_TRUE(line.output.json);
  EXPECT_THAT(line.output.latents, Optional(std::filesystem::path("l.npy")));
  EXPECT_EQ(line.messages.verbosity, Verbosity::verbose);
}

TEST(ParseCommandLine, KnowsShortNamesAndAliases) {
  const CommandLine line = parse({"-m",
                                  "x",
                                  "-p",
                                  "p",
                                  "-n",
                                  "n",
                                  "-o",
                                  "o/",
                                  "-W64",
                                  "-H",
                                  "72",
                                  "-s",
                                  "5",
                                  "-b",
                                  "3",
                                  "-t",
                                  "6",
                                  "-q",
                                  "--guidance-scale=2.5",
                                  "--sampler",
                                  "ddim",
                                  "--cache-interval=4",
                                  "--cache-branch-id",
                                  "1"});
  EXPECT_THAT(line.model, Optional(std::filesystem::path("x")));
  EXPECT_THAT(line.picture.request.negative_prompt, Optional(std::string("n")));
  EXPECT_THAT(line.picture.request.width, Optional(64));
  EXPECT_THAT(line.picture.request.height, Optional(72));
  EXPECT_THAT(line.picture.request.seed, Optional(5));
  EXPECT_EQ(line.picture.request.image_count, 3);
  EXPECT_THAT(line.execution.threads, Optional(6));
  EXPECT_THAT(line.picture.request.guidance_scale, Optional(2.5));
  EXPECT_THAT(line.picture.request.sampler, Optional(std::string("ddim")));
  EXPECT_EQ(line.picture.request.cache.options, (std::map<std::string, double>{{"interval", 4}, {"branch", 1}}));
  EXPECT_EQ(line.messages.verbosity, Verbosity::quiet);
}

TEST(ParseCommandLine, TakesPromptsAsTheyAre) {
  for (const char* prompt : {"", " ", "[a,b]", "{}", "%%", "inspect", "-1", "- a list", "a=b", "'quoted'", "two\nlines",
                             "\u6d77 \U0001F6A2", "--not-a-flag", "a,b"}) {
    EXPECT_EQ(parse({"-p", prompt}).picture.request.prompt, prompt);
    EXPECT_EQ(parse({"--prompt", prompt, "--steps", "3"}).picture.request.prompt, prompt);
    EXPECT_EQ(parse({(std::string("--prompt=") + prompt).c_str(), "--steps", "3"}).picture.request.prompt, prompt);
  }
  EXPECT_EQ(parse({"--prompt=--steps"}).picture.request.prompt, "--steps");
}

TEST(ParseCommandLine, TellsAnEmptyNegativePromptFromNone) {
  EXPECT_THAT(parse({"-p", "p", "-n", ""}).picture.request.negative_prompt, Optional(std::string()));
}

TEST(ParseCommandLine, TakesNegativeNumbers) {
  EXPECT_THAT(parse({"-p", "p", "--cfg-scale", "-2.5"}).picture.request.guidance_scale, Optional(-2.5));
  EXPECT_THAT(parse({"-p", "p", "--steps", "-3"}).picture.request.steps, Optional(-3));
}

TEST(ParseCommandLine, MakesANegativeSeedRandom) {
  EXPECT_EQ(parse({"-p", "p", "-s", "-1"}).picture.request.seed, std::nullopt);
  EXPECT_EQ(parse({"-p", "p", "--seed=-9223372036854775808"}).picture.request.seed, std::nullopt);
  EXPECT_THAT(parse({"-p", "p", "-s", "9223372036854775807"}).picture.request.seed, Optional(INT64_MAX));
}

TEST(ParseCommandLine, ChoosesTheAction) {
  EXPECT_EQ(parse({"-p", "p", "--plan"}).action, Action::plan);
  EXPECT_EQ(parse({"-h"}).action, Action::help);
  EXPECT_EQ(parse({"--version"}).action, Action::version);
  EXPECT_EQ(parse({"--plan", "--help"}).action, Action::help);
  EXPECT_EQ(parse({"inspect", "--help"}).action, Action::help);
  // A seed has no effect with bench, which an asked-for help page does not mind.
  EXPECT_EQ(parse({"bench", "--help", "--seed", "5", "--steps", "5"}).action, Action::help);
  const CommandLine inspect = parse({"inspect", "models/x", "--json"});
  EXPECT_EQ(inspect.action, Action::inspect);
  EXPECT_EQ(inspect.argument, "models/x");
  EXPECT_TRUE(inspect.output.json);
  EXPECT_TRUE(parse({"--json", "inspect", "models/x"}).output.json);
  EXPECT_EQ(parse({"compare", "-p", "p"}).action, Action::compare);
  EXPECT_EQ(parse({"samplers", "--json"}).action, Action::samplers);
  EXPECT_TRUE(parse({"samplers", "--markdown"}).output.markdown);
  EXPECT_EQ(parse({"completion", "zsh"}).argument, "zsh");
  EXPECT_EQ(parse({"--help-all"}).action, Action::help_all);
}

TEST(ParseCommandLine, HandsTheExportersFlagsOnInOneWordEach) {
  const CommandLine line = parse(
      {"export", "a b.safetensors", "name", "--dtype", "fp16", "--overwrite", "--sampling-method=-x", "--no_verify"});
  EXPECT_EQ(line.action, Action::export_model);
  EXPECT_EQ(line.argument, "a b.safetensors");
  EXPECT_EQ(line.exporting.name, "name");
  EXPECT_THAT(line.exporting.flags,
              UnorderedElementsAre("--dtype=float16", "--overwrite", "--sampler=-x", "--no-verify"));
  EXPECT_EQ(parse({"export", "owner/model"}).exporting.name, "");
  EXPECT_TRUE(parse({"-p", "p", "--auto-export"}).auto_export);
}

TEST(ParseCommandLine, ReadsOneNameAsTheActionSays) {
  const CommandLine compare = parse({"compare", "-p", "p", "--interval", "1,3,5", "--branch=0,2"});
  EXPECT_THAT(compare.compare.intervals, Optional(ElementsAre(1, 3, 5)));
  EXPECT_THAT(compare.compare.branches, Optional(ElementsAre(0, 2)));
  EXPECT_FALSE(compare.compare.report || compare.compare.steps_baseline);
  const CommandLine policies =
      parse({"compare", "-p", "p", "--cache-policy", "curve:full=4", "--cache-policy", "3/0", "--steps-baseline"});
  ASSERT_EQ(policies.compare.policies.size(), 2u);
  EXPECT_EQ(policies.compare.policies[0].policy, "curve");
  EXPECT_TRUE(policies.compare.steps_baseline && policies.picture.request.cache.empty());
  EXPECT_EQ(parse({"compare", "-p", "p", "--report", "page"}).compare.report, "page");
  const CommandLine samplers = parse({"compare", "-p", "p", "--sampler", "euler,Euler a", "--scheduler", "karras"});
  EXPECT_THAT(samplers.compare.samplers, ElementsAre("euler", "Euler a"));
  EXPECT_THAT(samplers.compare.sigma_schedules, ElementsAre("karras"));
  EXPECT_FALSE(samplers.picture.request.sampler || samplers.picture.request.sigma_schedule);
  const CommandLine bench = parse({"bench", "--settings", "original,3/0", "--size", "512", "--steps", "5"});
  EXPECT_THAT(bench.bench.settings, Optional(ElementsAre(no_caching(), uniform_caching(3, 0))));
  const CommandLine specs = parse({"bench", "--setting", "curve:full=4,branch=1", "--setting", "original"});
  ASSERT_EQ(specs.bench.policies.size(), 2u);
  EXPECT_EQ(specs.bench.policies[0].text, "curve:full=4,branch=1");
  EXPECT_FALSE(specs.bench.settings);
  EXPECT_THAT(bench.bench.sizes, ElementsAre(512));
  EXPECT_THAT(bench.picture.request.steps, Optional(5));
}

TEST(ParseCommandLine, ReadsShortNamesInOneWord) {
  const CommandLine line = parse({"-qW64", "-pa boat"});
  EXPECT_EQ(line.messages.verbosity, Verbosity::quiet);
  EXPECT_THAT(line.picture.request.width, Optional(64));
  EXPECT_EQ(line.picture.request.prompt, "a boat");
}

TEST(ParseCommandLine, ReadsAShard) {
  const std::optional<Shard> shard = parse({"--prompts", "x.txt", "--shard", "2/3"}).prompts.shard;
  ASSERT_TRUE(shard);
  EXPECT_FALSE(shard->has(0));
  EXPECT_TRUE(shard->has(1));
  EXPECT_TRUE(shard->has(4));
}

TEST(ParseCommandLine, ReadsDevices) {
  const auto names = [](const char* list) { return parse({"-p", "x", "--devices", list}).devices->names; };
  EXPECT_THAT(names("0,cuda:1"), testing::ElementsAre("cuda:0", "cuda:1"));
  EXPECT_THAT(names("cpu,cpu,3"), testing::ElementsAre("cpu", "cpu", "cuda:3"));
  EXPECT_FALSE(parse({"-p", "x", "--device", "cpu"}).devices);
}

struct BadCase {
  std::vector<const char*> arguments;
  std::vector<const char*> said;  // parts of the message
};

class ParseCommandLineRejects : public testing::TestWithParam<BadCase> {};

TEST_P(ParseCommandLineRejects, OnOneLine) {
  try {
    parse(GetParam().arguments);
    FAIL() << "accepted";
  } catch (const UsageError& error) {
    const std::string message = error.what();
    for (const char* part : GetParam().said) EXPECT_THAT(message, HasSubstr(part));
    EXPECT_THAT(message, Not(HasSubstr("\n")));
    EXPECT_LT(message.size(), 250u);
  }
}

INSTANTIATE_TEST_SUITE_P(
    Numbers, ParseCommandLineRejects,
    testing::ValuesIn(std::vector<BadCase>{
        {{"-p", "p", "--devices", "0,1,0"}, {"--devices '0,1,0'", "cuda:0 twice"}},
        {{"-p", "p", "--devices", "0,auto"}, {"--devices '0,auto'", "cuda:0,cuda:1"}},
        {{"-p", "p", "--devices", "0,"}, {"--devices '0,'"}},
        {{"-p", "p", "--devices", "cuda"}, {"--devices 'cuda'"}},
        {{"-p", "p", "--device", "auto", "--devices", "0"}, {"--device and --devices exclude each other"}},
        {{"bench", "--devices", "0"}, {"--devices"}},
        {{"samplers", "--json", "--markdown"}, {"--json and --markdown exclude each other"}},
        {{"samplers", "--steps", "3"}, {"--steps has no effect with samplers"}},
        {{"models", "--markdown"}, {"--markdown has no effect with models"}},
        {{"-p", "p", "--steps", "ten"}, {"--steps 'ten'", "expected a whole number"}},
        {{"-p", "p", "--steps", "10abc"}, {"--steps '10abc'", "expected a whole number"}},
        {{"-p", "p", "--steps", ""}, {"--steps ''", "expected a whole number"}},
        {{"-p", "p", "--steps="}, {"--steps ''"}},
        {{"-p", "p", "--steps", " 5"}, {"--steps ' 5'"}},
        {{"-p", "p", "--steps", "+5"}, {"--steps '+5'"}},
        {{"-p", "p", "--steps", "0x10"}, {"--steps '0x10'"}},
        {{"-p", "p", "--steps", "5\n"}, {"--steps '5\\n'"}},
        {{"-p", "p", "--steps", "2147483648"}, {"--steps '2147483648'", "does not fit", "2147483647"}},
        {{"-p", "p", "-W", "1e3"}, {"--width '1e3'", "expected a whole number"}},
        {{"-p", "p", "-H", "512.0"}, {"--height '512.0'"}},
        {{"-p", "p", "-b", "-"}, {"--batch-count '-'"}},
        {{"-p", "p", "--seed", "99999999999999999999"}, {"--seed", "does not fit", "9223372036854775807"}},
        {{"-p", "p", "--seed", "1.5"}, {"--seed '1.5'"}},
        {{"-p", "p", "--cfg-scale", "nan"}, {"--cfg-scale 'nan'", "finite"}},
        {{"-p", "p", "--cfg-scale", "-inf"}, {"--cfg-scale '-inf'", "finite"}},
        {{"-p", "p", "--cfg-scale", "1e999"}, {"--cfg-scale '1e999'", "finite"}},
        {{"-p", "p", "--cfg-scale", "7,5"}, {"--cfg-scale '7,5'", "such as 7.5"}},
        {{"-p", "p", "--cfg-scale", "high"}, {"--cfg-scale 'high'"}},
    }));

INSTANTIATE_TEST_SUITE_P(Flags, ParseCommandLineRejects,
                         testing::ValuesIn(std::vector<BadCase>{
                             {{}, {"--prompt is missing", "--help"}},
                             {{"--plan"}, {"--prompt is missing"}},
                             {{"-p", "p", "--setps", "5"}, {"unknown flag '--setps'", "did you mean '--steps'?"}},
                             {{"-p", "p", "--setps=5"}, {"unknown flag '--setps'", "did you mean '--steps'?"}},
                             {{"-p", "p", "--frobnicate"}, {"unknown flag '--frobnicate'", "--help"}},
                             {{"-p", "p", "-x"}, {"unknown flag '-x'"}},
                             {{"-p", "a", "boat"}, {"unexpected argument 'boat'", "quotes"}},
                             {{"a boat"}, {"unexpected argument 'a boat'", "--prompt"}},
                             {{"inspec", "models/x"}, {"did you mean 'inspect'?"}},
                             {{"-p", "p", "--"}, {"--"}},
                             {{"-p"}, {"--prompt: its value is missing", "--prompt TEXT"}},
                             {{"-p", "p", "--steps"}, {"--steps: its value is missing", "--steps N"}},
                             {{"--prompt", "--steps", "5"}, {"--prompt: its value is missing", "--prompt=--steps"}},
                             {{"-p", "p", "--steps", "1", "--steps", "2"}, {"--steps: given 2 times"}},
                             {{"-p", "p", "--interval", "1", "--cache-interval", "2"}, {"--interval: given 2 times"}},
                             {{"-p", "p", "--json", "--json"}, {"--json: given 2 times"}},
                             {{"-p", "p", "--json=yes"}, {"--json: takes no value"}},
                             {{"-p", "p", "-q", "-v"}, {"--quiet and --verbose"}},
                             {{"-p", "p", "-m", ""}, {"--model ''", "expected a path"}},
                             {{"inspect"}, {"the MODEL is missing"}},
                             {{"inspect", "a", "b"}, {"unexpected argument 'b'", "inspect takes one"}},
                             {{"models", "a"}, {"unexpected argument 'a'", "models takes none"}},
                             {{"export"}, {"the SOURCE is missing"}},
                             {{"export", "a", "b", "c"}, {"unexpected argument 'c'", "takes two, SOURCE and NAME"}},
                             {{"export", "--soruce", "a"}, {"unknown flag '--soruce'"}},
                             {{"export", "a", "--steps", "5"}, {"--steps has no effect with export"}},
                             {{"export", "a", "--dtype", "int8"}, {"int8", "fp16"}},
                             {{"compare", "-p", "a", "boat"}, {"unexpected argument 'boat'", "quotes"}},
                             {{"help"}, {"did you mean '--help'?"}},
                             {{"version"}, {"did you mean '--version'?"}},
                             {{"--version", "--steps", "5"}, {"--steps has no effect with --version"}},
                             {{"inspect", "a", "--steps", "5"}, {"--steps has no effect with inspect"}},
                             {{"inspect", "a", "--plan"}, {"--plan has no effect with inspect"}},
                             {{"-p", "p", "inspect", "a"}, {"--prompt has no effect with inspect"}},
                             {{"-p", "p", "--rounds", "2"}, {"--rounds has no effect without a command"}},
                             {{"-p", "p", "--report", "x"}, {"--report has no effect without a command"}},
                             {{"compare", "-p", "p", "--prompts", "x"}, {"--prompts has no effect with compare"}},
                             {{"-p", "p", "--prompts", "x"}, {"--prompt and --prompts exclude"}},
                             {{"--prompts", "x", "--shard", "0/4"}, {"--shard '0/4'", "from 1 to N"}},
                             {{"--prompts", "x", "--shard", "5/4"}, {"--shard '5/4'"}},
                             {{"bench", "--settings", "3"}, {"--settings '3'", "INTERVAL/BRANCH"}},
                             {{"bench", "--size", "512,,8"}, {"--size ''", "whole number"}},
                             {{"completion", "tcsh"}, {"completion: unknown SHELL 'tcsh'", "fish"}},
                         }));

TEST(ParseCommandLine, ShortensLongValuesInMessages) {
  const std::string junk(100'000, 'x');
  try {
    parse({"-p", "p", "--steps", junk.c_str()});
    FAIL() << "accepted";
  } catch (const UsageError& error) {
    EXPECT_LT(std::string(error.what()).size(), 250u);
  }
}

}  // namespace

}  // namespace deepcache_gen
