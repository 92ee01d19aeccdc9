#include "support/base64.h"

#include <openssl/evp.h>

#include <algorithm>

namespace deepcache_gen {

std::string base64(std::span<const std::uint8_t> bytes) {
  // The library counts in int, so a long text is made piece by piece; a piece of whole threes needs no padding.
  constexpr std::size_t kPiece = 3 << 20;
  std::string text;
  while (!bytes.empty()) {
    const std::span<const std::uint8_t> piece = bytes.first(std::min(bytes.size(), kPiece));
    std::string encoded((piece.size() + 2) / 3 * 4 + 1, '\0');  // the library ends it with a zero
    const int length =
        EVP_EncodeBlock(reinterpret_cast<unsigned char*>(encoded.data()), piece.data(), static_cast<int>(piece.size()));
    text.append(encoded, 0, static_cast<std::size_t>(length));
    bytes = bytes.subspan(piece.size());
  }
  return text;
}

}  // namespace deepcache_gen
