#include "text/prompt_tags.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/error.h"

namespace deepcache_gen {
namespace {

using testing::ElementsAre;
using testing::FieldsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::ThrowsMessage;

TEST(PromptTags, AreTakenOutOfThePrompt) {
  const PromptTags tags = take_tags("a <lora:snow:0.8>cat, <lyco:old photo>(b<lora:snow: -1.5e-1 >:1.2)");
  EXPECT_EQ(tags.text, "a cat, (b:1.2)");
  EXPECT_THAT(tags.loras, ElementsAre(FieldsAre("snow", 0.8), FieldsAre("old photo", 1), FieldsAre("snow", -0.15)));
}

TEST(PromptTags, OtherAngleBracketsAreText) {
  for (const char* prompt : {"a < b > c", "<b>", "<lora:>", "<lora>", "<:x>", "<lora :x>", "<lora:x", "<<<", "a>b"}) {
    EXPECT_EQ(take_tags(prompt).text, prompt);
    EXPECT_THAT(take_tags(prompt).loras, IsEmpty());
    EXPECT_EQ(first_tag(prompt), "");
  }
  EXPECT_EQ(take_tags("<a <lora:x:1>").text, "<a ");
}

TEST(PromptTags, ThoseThatCannotBeReadAreRefusedByName) {
  const auto refused = [](const std::string& prompt, const std::string& said) {
    EXPECT_THAT([&] { take_tags(prompt); }, ThrowsMessage<UsageError>(HasSubstr(said))) << prompt;
  };
  for (const char* weight : {"x", "", "1.2.3", "nan", "inf", "1e999", "0x1", "1 2"}) {
    const std::string quoted = std::string("'").append(weight).append("'");
    refused(std::string("<lora:a:").append(weight).append(">"), quoted + " is no weight");
  }
  refused("<lora::1>", "'<lora::1>': names no file");
  refused("<lora:a:1:0.5>", "weights of their own for text encoder and UNet");
  refused("<lora:a:te=1>", "weights of their own for text encoder and UNet");
  refused("a <hypernet:b:1>", "'<hypernet:b:1>': is a tag for something else");
}

TEST(PromptTags, TheFirstIsFoundWhateverItSays) {
  EXPECT_EQ(first_tag("a <b> <hypernet:c:x> <lora:d:1>"), "<hypernet:c:x>");
  EXPECT_EQ(first_tag("<\u732B:c>"), "<\u732B:c>");
}

// Each of these would take hours if every bracket were looked at to the end.
TEST(PromptTags, ManyBracketsTakeNoTime) {
  const std::string brackets(1 << 20, '<');
  EXPECT_EQ(take_tags(brackets + ">").text.size(), brackets.size() + 1);
  std::string words;
  for (int i = 0; i < 1 << 18; ++i) words += "<a:";
  EXPECT_EQ(take_tags(words).text.size(), words.size());
}

}  // namespace
}  // namespace deepcache_gen
