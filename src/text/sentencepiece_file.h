#pragma once

#include <filesystem>
#include <string>

namespace deepcache_gen {

/// Reads a SentencePiece model, a serialized ModelProto (sentencepiece_model.proto), and checks what the library
/// trusts: it follows the offsets in the map of characters wherever they lead. Throws `Error` naming the file where it
/// is no regular file of at most 16 MiB, no such message, has an offset or a text of the map that does not lie within
/// it, or something that no model needs: millions of pieces, a character that becomes a text of more than 256 bytes.
std::string read_sentencepiece_file(const std::filesystem::path& file);

}  // namespace deepcache_gen
