#include "text/sentencepiece_tokenizer.h"

#include <sentencepiece_processor.h>

#include <string>
#include <vector>

#include "support/error.h"
#include "support/printable.h"
#include "support/utf8.h"
#include "text/added_token_matches.h"
#include "text/sentencepiece_file.h"

namespace deepcache_gen {
namespace {

constexpr std::string_view kCommaAfterSpace = "\u2581,";

using sentencepiece::SentencePieceProcessor;
using sentencepiece::util::Status;

void require_ok(const Status& status, const std::string& problem) {
  if (!status.ok()) throw Error(problem + " (" + printable(status.ToString()) + ")");
}

std::unique_ptr<SentencePieceProcessor> load(const std::filesystem::path& file) {
  const std::string model = read_sentencepiece_file(file);
  const std::string problem = file.string() + ": cannot be read as a SentencePiece model; export the model again";
  auto processor = std::make_unique<SentencePieceProcessor>();
  try {
    require_ok(processor->LoadFromSerializedProto(model), problem);
  } catch (const Error&) {
    throw;
  } catch (const std::exception& error) {
    throw Error(problem + " (" + printable(error.what()) + ")");
  }
  return processor;
}

std::string decode(const SentencePieceProcessor& processor, std::span<const std::int64_t> pieces) {
  std::string text;
  require_ok(processor.Decode(std::vector<int>(pieces.begin(), pieces.end()), &text),
             "the end of the prompt cannot be decoded");
  return text;
}

}  // namespace

SentencePieceTokenizer::SentencePieceTokenizer(const JsonObject& config, const std::filesystem::path& folder)
    : processor_(load(folder / config.string("model"))), frame_(config, processor_->GetPieceSize()) {}

SentencePieceTokenizer::~SentencePieceTokenizer() = default;

TokenizedPrompt SentencePieceTokenizer::tokenize(std::string_view prompt, AddedTokens added) const {
  const auto decode_pieces = [this](std::span<const std::int64_t> ids) { return decode(*processor_, ids); };
  return frame_.wrap(encode(prompt, added),
                     [&](std::span<const std::int64_t> rest) { return decode_around(added, rest, decode_pieces); });
}

std::vector<std::int64_t> SentencePieceTokenizer::pieces(std::string_view text) const {
  // SentencePiece itself would silently read U+FFFD for every bad byte.
  require_utf8(text);
  std::vector<int> ids;
  require_ok(processor_->Encode(text, &ids), "the prompt cannot be cut into pieces");
  return {ids.begin(), ids.end()};
}

bool SentencePieceTokenizer::is_comma(std::int64_t id) const {
  if (id < 0 || id >= processor_->GetPieceSize()) return false;
  const std::string& piece = processor_->IdToPiece(static_cast<int>(id));
  return piece == "," || piece == kCommaAfterSpace;
}

std::vector<std::int64_t> SentencePieceTokenizer::encode(std::string_view prompt, AddedTokens added) const {
  if (added.empty()) return pieces(prompt);
  require_utf8(prompt);
  std::vector<std::int64_t> ids;
  const std::u32string normalized = normalized_for_matching(prompt);
  for (const TextPart& part : AddedTokenMatches(added).parts_of(normalized)) {
    const std::vector<std::int64_t> more = part.token ? part.token->ids : pieces(encode_utf8(part.text));
    ids.insert(ids.end(), more.begin(), more.end());
  }
  return ids;
}

}  // namespace deepcache_gen
