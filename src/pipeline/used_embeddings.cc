#include "pipeline/used_embeddings.h"

#include <algorithm>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>

#include "support/error.h"
#include "support/option_value.h"
#include "text/added_token_matches.h"
#include "text/prompt_chunks.h"
#include "text/prompt_tags.h"
#include "text/weighted_prompt.h"

namespace deepcache_gen {
namespace {

constexpr const char* kEmbeddingFlag = "--embedding";

using Texts = std::vector<std::string>;

// What the text encoder of that number reads.
Texts texts_read_by(std::size_t encoder, const GenerationSettings& settings) {
  Texts texts{encoder == 0 ? settings.prompt : settings.prompt_2.value_or(settings.prompt)};
  if (!settings.guided()) return texts;
  const std::string negative = settings.negative_prompt.value_or("");
  texts.push_back(encoder == 0 ? negative : settings.negative_prompt_2.value_or(negative));
  return texts;
}

std::set<std::int64_t> ids_in(const std::string& text, const Tokenizer& tokenizer, PromptStyle style,
                              AddedTokens tokens) {
  std::set<std::int64_t> ids;
  if (style == PromptStyle::plain) {
    const TokenizedPrompt prompt = tokenizer.tokenize(text, tokens);
    ids.insert(prompt.ids.begin(), prompt.ids.end());
    return ids;
  }
  for (const PromptChunk& chunk : chunk_prompt(tokenizer, parse_weighted_prompt(take_tags(text).text), tokens)) {
    ids.insert(chunk.ids.begin(), chunk.ids.end());
  }
  return ids;
}

std::vector<AddedToken> with_ids(const std::vector<NamedEmbedding>& named) {
  std::vector<AddedToken> tokens;
  for (std::size_t i = 0; i < named.size(); ++i) {
    tokens.push_back({named[i].token, {kFirstAddedId + static_cast<std::int64_t>(i)}});
  }
  return tokens;
}

// As every tokenizer of the model reads the texts.
std::vector<NamedEmbedding> spelled(const std::vector<NamedEmbedding>& named,
                                    const KeptTokenizers::Tokenizers& tokenizers, const GenerationSettings& settings) {
  const std::vector<AddedToken> tokens = with_ids(named);
  std::set<std::int64_t> ids;
  for (std::size_t i = 0; i < tokenizers.size(); ++i) {
    for (const std::string& text : texts_read_by(i, settings)) {
      ids.merge(ids_in(text, *tokenizers[i], settings.prompt_style, tokens));
    }
  }
  std::vector<NamedEmbedding> found;
  for (std::size_t i = 0; i < named.size(); ++i) {
    if (ids.contains(tokens[i].ids.front())) found.push_back(named[i]);
  }
  return found;
}

// diffusers refuses it too: the word could no more be read as such. AUTOMATIC1111 reads the embedding.
void require_no_word(const NamedEmbedding& named, const KeptTokenizers::Tokenizers& tokenizers,
                     const std::string& model) {
  for (const std::unique_ptr<Tokenizer>& tokenizer : tokenizers) {
    if (tokenizer->pieces(named.token).size() != 1) continue;
    throw UsageError(kEmbeddingFlag,
                     std::string(kEmbeddingFlag) + " " + named.file.string() + ": its token " + quoted(named.token) +
                         " is a word that model " + model +
                         " knows; give it another, as in --embedding FILE:my-token, or rename the file");
  }
}

[[noreturn]] void refuse_twice(const NamedEmbedding& one, const NamedEmbedding& other) {
  throw UsageError(kEmbeddingFlag, std::string(kEmbeddingFlag) + ": the token " + quoted(one.token) + " is that of " +
                                       one.file.string() + " and of " + other.file.string() +
                                       "; give one of them another, as in --embedding FILE:token");
}

// What may be spelled at all, without regard to where words begin; most of a folder's files may not.
class Candidates {
 public:
  explicit Candidates(const GenerationSettings& settings) {
    for (std::size_t encoder = 0; encoder < 2; ++encoder) {
      for (const std::string& text : texts_read_by(encoder, settings)) texts_.push_back(normalized_for_matching(text));
    }
  }

  // Those that are named go before those that lie in a folder.
  void add(const NamedEmbedding& named, bool is_of_folder) {
    const std::u32string token = normalized_for_matching(named.token);
    const bool occurs = std::any_of(texts_.begin(), texts_.end(), [&](const std::u32string& text) {
      return text.find(token) != std::u32string::npos;
    });
    const auto [known, is_new] = by_token_.try_emplace(token, Known{named, is_of_folder});
    if (!is_new && is_of_folder && !(known->second.is_of_folder && occurs)) return;
    if (!is_new) refuse_twice(known->second.named, named);
    if (occurs) found_.push_back(named);
  }

  const std::vector<NamedEmbedding>& found() const { return found_; }

 private:
  struct Known {
    NamedEmbedding named;
    bool is_of_folder;
  };
  std::vector<std::u32string> texts_;
  std::map<std::u32string, Known> by_token_;
  std::vector<NamedEmbedding> found_;
};

}  // namespace

UsedEmbeddings find_used_embeddings(const GenerationRequest& request, const ModelInfo& model,
                                    const GenerationSettings& settings) {
  Candidates candidates(settings);
  std::vector<NamedEmbedding> named;
  for (const std::string& text : request.embeddings) {
    named.push_back(read_embedding_flag(text));
    candidates.add(named.back(), false);
  }
  if (request.embedding_folder) {
    for (const NamedEmbedding& of_folder : embeddings_in(*request.embedding_folder)) candidates.add(of_folder, true);
  }
  UsedEmbeddings embeddings;
  std::set<std::string> tokens;
  if (!candidates.found().empty()) {
    const KeptTokenizers::Tokenizers& tokenizers = request.tokenizers->of(model);
    for (const NamedEmbedding& found : spelled(candidates.found(), tokenizers, settings)) {
      if (settings.prompt_style == PromptStyle::plain) require_no_word(found, tokenizers, model.name);
      embeddings.used.push_back(read_input_embedding(found, model));
      tokens.insert(found.token);
    }
  }
  for (const NamedEmbedding& one : named) {
    if (!tokens.contains(one.token)) embeddings.unused.push_back(one.token);
  }
  return embeddings;
}

}  // namespace deepcache_gen
