#include "cli/commands/prompt_notes.h"

#include "support/utf8.h"

namespace deepcache_gen {
namespace {

constexpr std::size_t kMostNamed = 8;
constexpr std::size_t kLongestName = 24;  // characters; languages without spaces have no short words

std::string shown(const std::string& word) {
  const std::u32string characters = decode_utf8(word);
  if (characters.size() <= kLongestName) return word;
  return encode_utf8(characters.substr(0, kLongestName)) + "...";
}

}  // namespace

PromptNotes::PromptNotes(const ModelInfo& model, bool hints_at_style)
    : model_(model.name),
      subject_(model.known_words ? model.known_words->subject : ""),
      known_(load_known_words(model)),
      hints_at_style_(hints_at_style),
      size_(model) {}

void PromptNotes::add(const Picture& picture) {
  if (picture.plan == last_plan_) return;
  last_plan_ = picture.plan;
  add_embeddings(picture.settings());
  style_.add(picture.settings());
  size_.add(*picture.plan);
  if (known_) add_words(picture.settings());
}

void PromptNotes::add_words(const GenerationSettings& settings) {
  const std::vector<std::string> words = unknown_words(settings, *known_);
  for (const std::string& word : words) {
    if (unknown_.insert(word).second && first_unknown_.size() < kMostNamed) first_unknown_.push_back(word);
  }
  ++prompts_;
  if (!words.empty()) ++prompts_with_unknown_;
}

void PromptNotes::add_embeddings(const GenerationSettings& settings) {
  for (const InputEmbedding& embedding : settings.embeddings) used_embeddings_.insert(embedding.token);
  unused_embeddings_.insert(settings.unused_embeddings.begin(), settings.unused_embeddings.end());
}

void PromptNotes::say(const Messages& messages) const {
  for (const std::string& token : unused_embeddings_) {
    if (used_embeddings_.contains(token)) continue;
    messages.warning("--embedding: no prompt has the token '" + token + "', so that it has no effect");
  }
  if (!unknown_.empty()) messages.note(text_of_words());
  const std::string style = style_.text();
  if (hints_at_style_ && !style.empty()) messages.note(style);
  if (const std::string size = size_.text(); !size.empty()) messages.note(size);
}

// "scenes: this model only knows landscapes; words it does not know, in 2 of 5 prompts: 'cat', 'chess' and 3 more"
std::string PromptNotes::text_of_words() const {
  std::string text = model_ + ": this model only knows " + subject_ + "; words it does not know";
  if (prompts_ > 1) {
    text += ", in " + std::to_string(prompts_with_unknown_) + " of " + std::to_string(prompts_) + " prompts";
  }
  std::string separator = ": '";
  for (const std::string& word : first_unknown_) {
    text += separator + shown(word) + "'";
    separator = ", '";
  }
  if (unknown_.size() > first_unknown_.size()) {
    text += " and " + std::to_string(unknown_.size() - first_unknown_.size()) + " more";
  }
  return text;
}

}  // namespace deepcache_gen
