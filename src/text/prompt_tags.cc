#include "text/prompt_tags.h"

#include <optional>

#include "support/error.h"
#include "support/printable.h"
#include "support/utf8.h"
#include "text/character_class.h"
#include "text/decimal_number.h"

namespace deepcache_gen {
namespace {

constexpr std::string_view kAccepted = "expected <lora:NAME:WEIGHT> with one number for WEIGHT, such as 0.8";

// What the tag that `text`, which begins with "<", starts with is made of; nothing where it starts with none. Source:
// `<(\w+):([^>]+)>` of modules/extra_networks.py.
struct Tag {
  std::string_view whole, kind, content;
};

// Of the word that `text` begins with.
std::size_t word_length(std::string_view text) {
  std::size_t length = 0;
  while (length < text.size()) {
    std::size_t next = length + 1;
    while (next < text.size() && (static_cast<unsigned char>(text[next]) & 0xC0) == 0x80) ++next;
    const std::u32string character = decode_utf8(text.substr(length, next - length));
    if (character.size() != 1 || !is_word_character(character.front())) break;
    length = next;
  }
  return length;
}

std::optional<Tag> tag_at_start(std::string_view text) {
  const std::size_t colon = 1 + word_length(text.substr(1));
  if (colon < 2 || colon >= text.size() || text[colon] != ':') return {};
  const std::size_t end = text.find('>', colon);
  if (end == std::string_view::npos || end == colon + 1) return {};
  return Tag{text.substr(0, end + 1), text.substr(1, colon - 1), text.substr(colon + 1, end - colon - 1)};
}

// `before` and everything behind the tag are cut off of `text`.
struct Found {
  std::string_view before;
  Tag tag;
};

std::optional<Found> take_tag(std::string_view& text) {
  // None can end behind it.
  const std::string_view closed = text.substr(0, text.rfind('>') + 1);
  for (std::size_t begin = closed.find('<'); begin != std::string_view::npos; begin = closed.find('<', begin + 1)) {
    const std::optional<Tag> tag = tag_at_start(closed.substr(begin));
    if (!tag) continue;
    const Found found{text.substr(0, begin), *tag};
    text.remove_prefix(begin + tag->whole.size());
    return found;
  }
  return {};
}

[[noreturn]] void refuse(const Tag& tag, std::string_view why) {
  throw UsageError("'" + shortened(tag.whole) + "': " + std::string(why));
}

double weight_of(const Tag& tag, std::string_view text) {
  const std::optional<double> weight = decimal_number(text);
  if (!weight) {
    refuse(tag, "'" + shortened(text) + "' is no weight; " + std::string(kAccepted));
  }
  return *weight;
}

LoraTag read_lora(const Tag& tag) {
  const std::size_t colon = tag.content.find(':');
  const std::string_view name = tag.content.substr(0, colon);
  if (name.empty()) refuse(tag, "names no file; " + std::string(kAccepted));
  if (colon == std::string_view::npos) return {std::string(name), 1};
  const std::string_view weight = tag.content.substr(colon + 1);
  if (weight.find(':') != std::string_view::npos || weight.find('=') != std::string_view::npos) {
    refuse(tag, "weights of their own for text encoder and UNet are not supported; " + std::string(kAccepted));
  }
  return {std::string(name), weight_of(tag, weight)};
}

}  // namespace

PromptTags take_tags(std::string_view prompt) {
  PromptTags result;
  while (const std::optional<Found> found = take_tag(prompt)) {
    result.text += found->before;
    if (found->tag.kind != "lora" && found->tag.kind != "lyco") {
      refuse(found->tag,
             "is a tag for something else than a LoRA; take it out of the prompt, or give another "
             "--prompt-style");
    }
    result.loras.push_back(read_lora(found->tag));
  }
  result.text += prompt;
  return result;
}

std::string_view first_tag(std::string_view prompt) {
  const std::optional<Found> found = take_tag(prompt);
  return found ? found->tag.whole : std::string_view();
}

}  // namespace deepcache_gen
