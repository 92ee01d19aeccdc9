#include "text/sentencepiece_tokenizer.h"

#include <sentencepiece_processor.h>

#include <string>
#include <vector>

#include "support/error.h"
#include "support/printable.h"
#include "support/utf8.h"
#include "text/sentencepiece_file.h"

namespace deepcache_gen {
namespace {

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

TokenizedPrompt SentencePieceTokenizer::tokenize(std::string_view prompt) const {
  // SentencePiece itself would silently read U+FFFD for every bad byte.
  require_utf8(prompt);
  std::vector<int> ids;
  require_ok(processor_->Encode(prompt, &ids), "the prompt cannot be cut into pieces");
  const std::vector<std::int64_t> pieces(ids.begin(), ids.end());
  return frame_.wrap(pieces, [this](std::span<const std::int64_t> rest) { return decode(*processor_, rest); });
}

}  // namespace deepcache_gen
