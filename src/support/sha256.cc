#include "support/sha256.h"

#include <openssl/evp.h>

#include <array>
#include <fstream>
#include <memory>
#include <vector>

#include "support/error.h"

namespace deepcache_gen {
namespace {

std::string hexadecimal(const unsigned char* bytes, unsigned int count) {
  constexpr char kDigits[] = "0123456789abcdef";
  std::string text;
  for (unsigned int i = 0; i < count; ++i) {
    text += kDigits[bytes[i] >> 4];
    text += kDigits[bytes[i] & 15];
  }
  return text;
}

void require(int openssl_result) {
  if (openssl_result != 1) throw Error("OpenSSL cannot compute SHA-256 on this machine");
}

}  // namespace

std::string sha256_of_file(const std::filesystem::path& file) {
  std::ifstream stream(file, std::ios::binary);
  const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(), EVP_MD_CTX_free);
  require(EVP_DigestInit_ex(context.get(), EVP_sha256(), nullptr));
  std::vector<char> block(1 << 20);
  while (stream.read(block.data(), static_cast<std::streamsize>(block.size())) || stream.gcount() > 0) {
    require(EVP_DigestUpdate(context.get(), block.data(), static_cast<std::size_t>(stream.gcount())));
  }
  // A folder opens but does not read, which leaves the bad bit.
  if (!stream.eof() || stream.bad()) throw Error(file.string() + ": cannot be read");
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest;
  unsigned int size = 0;
  require(EVP_DigestFinal_ex(context.get(), digest.data(), &size));
  return hexadecimal(digest.data(), size);
}

}  // namespace deepcache_gen
