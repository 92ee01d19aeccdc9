#include "pipeline/style_note.h"

#include "text/prompt_syntax.h"

namespace deepcache_gen {

void StyleNote::add(const GenerationSettings& settings) {
  ++prompts_;
  if (settings.prompt_style != PromptStyle::plain) return;
  std::string found = first_syntax(settings.prompt);
  if (found.empty() && settings.guided()) found = first_syntax(settings.negative_prompt.value_or(""));
  if (found.empty()) return;
  if (prompts_with_syntax_++ == 0) first_ = std::move(found);
}

std::string StyleNote::text() const {
  if (prompts_with_syntax_ == 0) return "";
  const std::string subject = prompts_ == 1 ? "the prompt has " + first_ + ", which is read as text"
                                            : std::to_string(prompts_with_syntax_) + " of " + std::to_string(prompts_) +
                                                  " prompts have what is read as text, the first " + first_;
  return subject + "; --prompt-style a1111 reads it as AUTOMATIC1111 does";
}

}  // namespace deepcache_gen
