#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "model/model_info.h"

namespace deepcache_gen {

/// An embedding that the prompts of a picture make use of, as its file was when the request was planned.
struct InputEmbedding {
  std::string token;  ///< as prompts spell it; UTF-8
  std::filesystem::path file;
  std::string sha256;  ///< of the file
  bool operator==(const InputEmbedding&) const = default;
};

/// What a text encoder of a model takes of an embedding.
struct EncoderHalf {
  std::string name;             ///< of the half of a file (adapters/embedding_file.h); empty: there is but one
  std::int64_t width, longest;  ///< numbers of a vector; how many vectors a prompt has room for
};

/// Those of the text encoders of a model, in their order. Throws `UsageError` where it can't take any: format 1.
std::vector<EncoderHalf> encoder_halves(const ModelInfo& model);

/// A file that --embedding names with its token, or that lies in --embedding-dir. Not read yet.
struct NamedEmbedding {
  std::string token;
  std::filesystem::path file;
};

/// What `FILE` or `FILE:token` says: without a token the file's stem is it. Throws `UsageError` where there is no such
/// file or a prompt can't spell the token.
NamedEmbedding read_embedding_flag(const std::string& text);

/// All embeddings of a folder, by their file names in order: those that a prompt can spell. Throws `UsageError` naming
/// the flag where it is none that can be read.
std::vector<NamedEmbedding> embeddings_in(const std::filesystem::path& folder);

/// Reads the file, and looks whether the model and its refiner can make use of it. Throws `UsageError` naming the flag
/// and the file.
InputEmbedding read_input_embedding(const NamedEmbedding& named, const ModelInfo& model);

}  // namespace deepcache_gen
