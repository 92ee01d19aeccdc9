#include "cli/prompts/prompt_lines.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/deep_json.h"

namespace deepcache_gen {
namespace {

using testing::HasSubstr;
using testing::Optional;

PictureRequest defaults() {
  PictureRequest options;
  options.request.seed = 1;
  options.request.steps = 9;
  return options;
}

PromptLine read_alone(const std::string& line) { return *PromptLines("list", defaults(), {}).read(line); }

PictureRequest accepted(const std::string& line) {
  const PromptLine read = read_alone(line);
  if (const auto* bad = std::get_if<BadLine>(&read)) ADD_FAILURE() << line << ": " << bad->problem;
  return std::holds_alternative<PictureRequest>(read) ? std::get<PictureRequest>(read) : PictureRequest{};
}

// An object of fewer than 1 MiB that is quadratic work for who looks each key up among those before.
std::string many_keys(int count) {
  std::string text = R"({"prompt": "a")";
  for (int key = 0; key < count; ++key) text += ",\"" + std::to_string(key) + "\":0";
  return text + "}";
}

TEST(PromptLines, ATextLineIsAPromptAndFlags) {
  const PictureRequest barn = accepted("a red barn --seed 7 -n \"two  people\" --steps=30 -W 256 -o 'my barn.png'");
  EXPECT_EQ(barn.request.prompt, "a red barn");
  EXPECT_THAT(barn.request.negative_prompt, Optional(std::string("two  people")));
  EXPECT_THAT(barn.request.seed, Optional(7));
  EXPECT_THAT(barn.request.steps, Optional(30));
  EXPECT_THAT(barn.request.width, Optional(256));
  EXPECT_THAT(barn.output, Optional(std::string("my barn.png")));
}

TEST(PromptLines, FlagsMayFollowALoneSeparator) {
  const PictureRequest barn = accepted("a barn -- -n people -s 7");
  EXPECT_EQ(barn.request.prompt, "a barn");
  EXPECT_THAT(barn.request.negative_prompt, Optional(std::string("people")));
}

TEST(PromptLines, APromptMayBeAFlagToo) {
  EXPECT_EQ(accepted("--seed 3 --prompt 'a -n barn'").request.prompt, "a -n barn");
  EXPECT_EQ(accepted("--prompt ''").request.prompt, "");
}

TEST(PromptLines, TakesPromptsAsTheyAre) {
  for (const char* prompt : {"a \"quoted\" barn", "it's", "a-b -- "}) accepted(prompt);
  EXPECT_EQ(accepted("it's a \"barn\" \\ #1, \u6d77").request.prompt, "it's a \"barn\" \\ #1, \u6d77");
  EXPECT_EQ(accepted("a barn -1 degrees").request.prompt, "a barn -1 degrees");
}

TEST(PromptLines, WhatALineLeavesOpenIsTheDefault) {
  EXPECT_THAT(accepted("a barn").request.seed, Optional(1));
  EXPECT_THAT(accepted("a barn").request.steps, Optional(9));
  EXPECT_EQ(accepted("a barn --seed -1").request.seed, std::nullopt) << "random";
}

TEST(PromptLines, AJsonLineHasFlagsAsKeys) {
  const PictureRequest barn = accepted(
      R"({"prompt": "a barn -- \"x\"", "seed": 7, "negative_prompt": "people", "cfg-scale": 2.5, "output": "b.png", "width": null})");
  EXPECT_EQ(barn.request.prompt, "a barn -- \"x\"");
  EXPECT_THAT(barn.request.seed, Optional(7));
  EXPECT_THAT(barn.request.negative_prompt, Optional(std::string("people")));
  EXPECT_THAT(barn.request.guidance_scale, Optional(2.5));
  EXPECT_THAT(barn.output, Optional(std::string("b.png")));
  EXPECT_FALSE(barn.request.width);
}

// As records say such settings.
TEST(PromptLines, ASwitchIsTrueOrFalse) {
  EXPECT_TRUE(accepted(R"({"prompt": "a", "keep_unmasked": true})").request.keep_unmasked);
  EXPECT_FALSE(accepted(R"({"prompt": "a", "keep_unmasked": false})").request.keep_unmasked);
  EXPECT_TRUE(accepted("a --keep-unmasked").request.keep_unmasked);
  EXPECT_TRUE(accepted("a --keep-unmasked -s 7").request.keep_unmasked);
}

TEST(PromptLines, ALineMayTurnASwitchOffThatAllOthersHave) {
  PictureRequest options = defaults();
  options.request.keep_unmasked = true;
  const PromptLine line = *PromptLines("list", options, {}).read(R"({"prompt": "a", "keep-unmasked": false})");
  EXPECT_FALSE(std::get<PictureRequest>(line).request.keep_unmasked);
}

TEST(PromptLines, AJsonLineMayHaveListsOfNumbers) {
  const PictureRequest barn = accepted(R"({"prompt": "a barn", "sigmas": [14.5, 3, 0.0]})");
  EXPECT_THAT(barn.request.sigmas, Optional(std::vector<double>{14.5, 3, 0}));
}

TEST(PromptLines, TheFirstLineThatSaysSomethingDecidesTheFormat) {
  PromptLines text("list", {}, {});
  EXPECT_FALSE(text.read("# { a comment"));
  EXPECT_TRUE(std::holds_alternative<PictureRequest>(*text.read("a barn")));
  EXPECT_EQ(std::get<PictureRequest>(*text.read("{a cat}")).request.prompt, "{a cat}");
  PromptLines json("list", {}, {});
  EXPECT_TRUE(std::holds_alternative<PictureRequest>(*json.read(R"({"prompt": "a"})")));
  EXPECT_TRUE(std::holds_alternative<BadLine>(*json.read("a barn")));
}

TEST(PromptLines, CountsLinesAndItems) {
  PromptLines lines("p.txt", {}, ListFormat::text);
  EXPECT_FALSE(lines.read("\xEF\xBB\xBF# a comment\r"));
  EXPECT_FALSE(lines.read("  \t"));
  const auto first = std::get<PictureRequest>(*lines.read("\ta barn \r"));
  EXPECT_EQ(first.request.prompt, "a barn");
  EXPECT_EQ(first.source, "p.txt:3");
  EXPECT_THAT(first.item, Optional(0));
  EXPECT_EQ(std::get<BadLine>(*lines.read("a --setps 3")).item, 1);
  EXPECT_THAT(std::get<PictureRequest>(*lines.read("a cat")).item, Optional(2)) << "bad lines count";
}

struct BadCase {
  std::string line, said;
};

class PromptLinesReject : public testing::TestWithParam<BadCase> {};

TEST_P(PromptLinesReject, InOneLine) {
  const PromptLine read = read_alone(GetParam().line);
  ASSERT_TRUE(std::holds_alternative<BadLine>(read)) << GetParam().line;
  const std::string problem = std::get<BadLine>(read).problem;
  EXPECT_THAT(problem, HasSubstr(GetParam().said));
  EXPECT_EQ(problem.find('\n'), std::string::npos);
  EXPECT_LT(problem.size(), 250u);
}

INSTANTIATE_TEST_SUITE_P(Text, PromptLinesReject,
                         testing::ValuesIn(std::vector<BadCase>{
                             {"a barn --setps 3", "did you mean '--steps'?"},
                             {"a barn --steps ten", "--steps 'ten': expected a whole number"},
                             {"a barn --steps", "--steps: its value is missing"},
                             {"a barn --steps 3 --steps 4", "--steps: given 2 times"},
                             {"a barn --model other", "--model: is for the whole run"},
                             {"a barn --device=cpu", "is for the whole run"},
                             {"a barn -- -m other", "-m: is for the whole run"},
                             {"a barn --json", "--json: is for the whole run"},
                             {"a barn -n people", "'-n' stands in the prompt"},
                             {"a barn --seed 3 people", "unexpected argument 'people'"},
                             {"a barn --prompt 'a cat'", "--prompt: the line has a prompt already"},
                             {"--seed 3", "the prompt is missing"},
                             {"a barn -- -n \"people", "a quote \" is not closed"},
                             {"a barn -- -n 'people", "a quote ' is not closed"},
                             {"a \xFF barn", "UTF-8"},
                             {std::string("a\0barn", 6), "NUL"},
                             {std::string(PromptLines::kLongest + 1, 'a'), "longer than 1 MiB"},
                         }));

INSTANTIATE_TEST_SUITE_P(
    Json, PromptLinesReject,
    testing::ValuesIn(std::vector<BadCase>{
        {"{", "not valid JSON"},
        {R"({"prompt": "a"} {"prompt": "b"})", "not valid JSON"},
        {R"({"seed": 3})", "the prompt is missing"},
        {R"({"prompt": null})", "the prompt is missing"},
        {R"({"prompt": ["a"]})", "prompt '[\"a\"]': expected a string, a number or a list of numbers"},
        {R"({"prompt": "a", "keep_unmasked": 1})", "keep_unmasked '1': expected true or false"},
        {R"({"prompt": "a", "keep_unmasked": "yes"})", "keep_unmasked '\"yes\"': expected true or false"},
        {R"({"prompt": true})", "prompt 'true': expected a string, a number or a list of numbers"},
        {R"({"prompt": )" + deep_json(3) + "}", "prompt '[[[]]]': expected a string, a number or a list of numbers"},
        {R"({"prompt": )" + deep_json(250'000) + "}", "nested more than 100 levels deep"},
        {R"({"prompt": )" + deep_json(500'000), "nested more than 100 levels deep"},
        {R"({"prompt": [")" + std::string(1000, 'a') + "\"]}", "expected a string, a number or a list of numbers"},
        {R"({"prompt": "a", "seed": true})", "seed 'true': expected"},
        {R"({"prompt": "a", "steps": 2.5})", "steps '2.5': expected a whole number"},
        {R"({"prompt": "a", "sede": 3})", "unknown key 'sede'; did you mean 'seed'?"},
        {R"({"prompt": "a", "lowvram": true})", "unknown key 'lowvram': batches are as large as memory allows"},
        {R"({"prompt": "a", "model": "x"})", "model: is for the whole run"},
        {R"({"prompt": "a", "prompt": "b"})", "has the key 'prompt' twice; expected one object a line"},
        {R"({"prompt": "a", "output": "nul\u0000b.png"})", "output 'nul\\x00b.png': holds a NUL"},
        {R"({"prompt": "a\u0000b"})", "prompt 'a\\x00b': holds a NUL"},
        {R"({"prompt": "a", "a\nb": 1})", "unknown key 'a\\nb'"},
        {many_keys(100'000), "has a JSON object with more than 1000 keys"},
        {R"({"prompt": "a", "cfg_scale": 1, "guidance-scale": 2})", "given 2 times"},
    }));

}  // namespace

}  // namespace deepcache_gen
