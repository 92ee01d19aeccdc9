#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace deepcache_gen {

/// A part of a prompt that has one weight.
struct WeightedText {
  std::string text;
  double weight = 1;
};

/// A prompt in AUTOMATIC1111's grammar, read.
struct WeightedPrompt {
  /// By BREAK, which ends a chunk, into at least one part; each of texts of which no two neighbours weigh the same.
  std::vector<std::vector<WeightedText>> parts;
  std::vector<std::string> remarks;  ///< what may not be meant, such as a bracket that is not closed; without a subject
};

/// The greatest weight, up or down, that a text may have.
inline constexpr double kGreatestWeight = 100;

/// Reads `(more)` (1.1 times), `[less]` (1/1.1), `(by 1.3 times:1.3)`, nested, with `\(` for the bracket itself, and
/// BREAK. Source: `parse_prompt_attention` in modules/prompt_parser.py of AUTOMATIC1111's web UI. There a BREAK within
/// brackets becomes a word; here it is one, with a remark. Throws `UsageError` where the text is not UTF-8, a weight is
/// no number or too great, brackets are nested too deep, and for what means something else there: `[from:to:0.5]`,
/// `[a|b]`.
WeightedPrompt parse_weighted_prompt(std::string_view prompt);

/// Throws `UsageError` where the prompt has the word AND, which there makes several prompts of it that guide together.
void refuse_composition(std::string_view prompt);

/// The prompt without its weights: what is left are the words.
std::string text_of(const WeightedPrompt& prompt);

}  // namespace deepcache_gen
