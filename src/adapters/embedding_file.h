#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace deepcache_gen {

/// Vectors that a text encoder reads in the place of a token.
struct EmbeddingVectors {
  std::int64_t count = 0, width = 0;
  std::vector<float> numbers;  ///< count x width of them, finite
  std::string type;            ///< of the numbers in the file: F16, BF16, F32 or F64
};

/// The half of a file for SDXL's first and second text encoder; files for models of one encoder have one without name.
inline constexpr const char* kClipL = "clip_l";
inline constexpr const char* kClipG = "clip_g";

/// What was learned for one token (textual inversion; Gal et al., arXiv 2208.01618), as trainers write it: .pt of
/// AUTOMATIC1111, .bin of diffusers, both pickles of which nothing is run, and safetensors. See src/adapters/README.md.
class EmbeddingFile {
 public:
  /// Files of more bytes are refused; 75 vectors for SDXL have 0.6 MB.
  static constexpr std::size_t kLargest = std::size_t{16} << 20;

  /// Reads the file. Throws `Error` naming it where it can't be read, is none of those forms or holds NaN.
  explicit EmbeddingFile(const std::filesystem::path& file);

  const std::string& sha256() const { return sha256_; }
  /// By half; one of no name, or `kClipL` and `kClipG` with as many vectors each.
  const std::map<std::string, EmbeddingVectors>& halves() const { return halves_; }
  /// What AUTOMATIC1111 notes in it: what it was called, after how many steps it was saved, and the model's name.
  const std::string& name() const { return name_; }
  std::optional<std::int64_t> steps() const { return steps_; }
  const std::string& base_model() const { return base_model_; }

  /// The vectors of one half for an encoder that reads `width` numbers for each token, `most` tokens at once. Throws
  /// `Error` naming the file and `model` where it has no such half or others.
  const EmbeddingVectors& vectors_for(const std::string& half, std::int64_t width, std::int64_t most,
                                      const std::string& model) const;

 private:
  void read_saved(const std::string& content);
  void read_safetensors(const std::string& content);
  void check_halves() const;

  std::filesystem::path file_;
  std::string sha256_;
  std::map<std::string, EmbeddingVectors> halves_;
  std::string name_, base_model_;
  std::optional<std::int64_t> steps_;
};

/// Whether a file's name says that it may be an embedding: .pt, .bin, .safetensors.
bool has_embedding_extension(const std::filesystem::path& file);

}  // namespace deepcache_gen
