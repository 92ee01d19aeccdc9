#include "text/weighted_prompt.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/error.h"
#include "text/prompt_syntax.h"

namespace deepcache_gen {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::FieldsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::ThrowsMessage;

auto text(const std::string& words, double weight) { return FieldsAre(words, testing::DoubleEq(weight)); }

std::vector<WeightedText> only_part(const std::string& prompt) {
  const WeightedPrompt read = parse_weighted_prompt(prompt);
  EXPECT_EQ(read.parts.size(), 1u) << prompt;
  return read.parts.front();
}

std::vector<std::string> remarks_on(const std::string& prompt) { return parse_weighted_prompt(prompt).remarks; }

TEST(WeightedPrompt, BracketsMultiplyTheWeights) {
  EXPECT_THAT(only_part("a (cat) [dog] (fish:1.3)"),
              ElementsAre(text("a ", 1), text("cat", 1.1), text(" ", 1), text("dog", 1 / 1.1), text(" ", 1),
                          text("fish", 1.3)));
  EXPECT_THAT(only_part("((a))"), ElementsAre(text("a", 1.1 * 1.1)));
  EXPECT_THAT(only_part("(a [b] c:1.2)"), ElementsAre(text("a ", 1.2), text("b", 1.2 / 1.1), text(" c", 1.2)));
  EXPECT_THAT(only_part("(a : -.5 )"), ElementsAre(text("a ", -0.5)));
}

TEST(WeightedPrompt, WhatIsNoSyntaxIsText) {
  EXPECT_THAT(only_part("a:b, c:1.3"), ElementsAre(text("a:b, c:1.3", 1)));
  EXPECT_THAT(only_part("a\\b \\(c\\) \\\\ \\[d:0.5\\]"), ElementsAre(text("ab (c) \\ [d:0.5]", 1)));
  EXPECT_THAT(only_part("[a:b]"), ElementsAre(text("a:b", 1 / 1.1)));
  EXPECT_THAT(only_part("(a:b:1.3)"), ElementsAre(text("a:b", 1.3)));
  EXPECT_THAT(only_part(""), IsEmpty());
}

TEST(WeightedPrompt, BreakEndsAPartAlsoWithinBrackets) {
  const WeightedPrompt read = parse_weighted_prompt("a BREAK\n(b BREAK c:1.2) dBREAK");
  EXPECT_THAT(read.parts, ElementsAre(ElementsAre(text("a", 1)), ElementsAre(text("b", 1.2)),
                                      ElementsAre(text("c", 1.2), text(" dBREAK", 1))));
  EXPECT_THAT(read.remarks, ElementsAre(HasSubstr("BREAK within brackets ends a chunk")));
  EXPECT_THAT(remarks_on("a BREAK b"), IsEmpty());
}

TEST(WeightedPrompt, BracketsWithoutAPartnerAreSaid) {
  EXPECT_THAT(only_part("a (b:1.3"), ElementsAre(text("a ", 1), text("b:1.3", 1.1)));
  EXPECT_THAT(remarks_on("a (b:1.3"), ElementsAre(AllOf(HasSubstr("'(b:1.3'"), HasSubstr("1.1 times as much"))));
  EXPECT_THAT(remarks_on("[a"), ElementsAre(AllOf(HasSubstr("'[a'"), HasSubstr("1.1 times less"))));
  EXPECT_THAT(only_part("a) b:2)"), ElementsAre(text("a) b:2)", 1)));
  EXPECT_THAT(remarks_on("a) b:2)"), ElementsAre("')' closes no bracket and is read as text (and 1 more)"));
  EXPECT_THAT(remarks_on("(a) [b] \\( :)"), ElementsAre(HasSubstr("')'")));
}

TEST(WeightedPrompt, RefusesWhatIsNoNumberOrTooGreat) {
  const auto refused = [](const std::string& prompt, const std::string& said) {
    EXPECT_THAT([&] { parse_weighted_prompt(prompt); }, ThrowsMessage<UsageError>(HasSubstr(said))) << prompt;
  };
  refused("(cat:1.2.3)", "the weight '1.2.3' of '(cat:1.2.3)' is no number");
  refused("(cat:101)", "'cat' weighs 101; expected at most 100");
  refused("((a:99):99)", "weighs 9801");
  const std::string huge(200, '9');
  refused(std::string("((a:").append(huge).append("):").append(huge).append(")"), "weighs inf");
  refused(std::string(101, '('), "more than 100 brackets are open at once");
  refused("caf\xE9", "not valid UTF-8");
}

TEST(WeightedPrompt, RefusesWhatChangesOnTheWay) {
  for (const char* prompt : {"[a:b:0.5]", "[b:.5]", "[a::10]", "x [ (a:1.2) : (b) : 5 ] y", "([a:0.5])"}) {
    EXPECT_THAT([&] { parse_weighted_prompt(prompt); },
                ThrowsMessage<UsageError>(HasSubstr("the prompt changes on the way")))
        << prompt;
  }
  EXPECT_THAT([] { parse_weighted_prompt("a [b|c] d"); },
              ThrowsMessage<UsageError>(AllOf(HasSubstr("'[b|c]'"), HasSubstr("the words take turns"))));
  for (const char* prompt : {"[a:b]", "[(a:0.5)]", "[a:b:c:0.5]", "\\[a:0.5\\]", "[a (b:0.5]", "a|b", "[a:0.5"}) {
    EXPECT_NO_THROW(parse_weighted_prompt(prompt)) << prompt;
  }
}

TEST(WeightedPrompt, RefusesSeveralPromptsInOne) {
  EXPECT_THAT([] { refuse_composition("cats AND dogs"); }, ThrowsMessage<UsageError>(HasSubstr("'AND dogs'")));
  EXPECT_NO_THROW(refuse_composition("cats and dogs, BAND, ANDY, AND_"));
}

TEST(WeightedPrompt, ItsTextIsTheWordsAlone) {
  EXPECT_EQ(text_of(parse_weighted_prompt("a (cat:1.2) BREAK [dog]")), "a  cat dog");
}

TEST(PromptSyntax, IsTheFirstThatAnotherStyleReads) {
  EXPECT_EQ(first_syntax("a cat (sitting)"), "a weight ('sitting', 1.1)");
  EXPECT_EQ(first_syntax("a [cat]"), "a weight ('cat', 0.909)");
  EXPECT_EQ(first_syntax("a BREAK b"), "BREAK");
  EXPECT_EQ(first_syntax("a (cat) <lora:x:0.5>"), "'<lora:x:0.5>'");
  for (const char* prompt : {"", "a cat", ":)", "a :(", "\\(a\\)", "[a|b]", "(cat:1.0)", "<b>"}) {
    EXPECT_EQ(first_syntax(prompt), "") << prompt;
  }
}

}  // namespace
}  // namespace deepcache_gen
