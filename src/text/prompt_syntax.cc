#include "text/prompt_syntax.h"

#include "support/error.h"
#include "support/number_text.h"
#include "support/printable.h"
#include "text/prompt_tags.h"
#include "text/weighted_prompt.h"

namespace deepcache_gen {
namespace {

std::string first_weight(const WeightedPrompt& prompt) {
  for (const std::vector<WeightedText>& part : prompt.parts) {
    for (const auto& [text, weight] : part) {
      if (weight != 1) return "a weight ('" + shortened(text, 30) + "', " + number_text("%.3g", weight) + ")";
    }
  }
  return prompt.parts.size() > 1 ? "BREAK" : "";
}

}  // namespace

std::string first_syntax(std::string_view prompt) {
  if (const std::string_view tag = first_tag(prompt); !tag.empty()) return "'" + shortened(tag, 40) + "'";
  try {
    return first_weight(parse_weighted_prompt(prompt));
  } catch (const UsageError&) {
    return "";
  }
}

}  // namespace deepcache_gen
