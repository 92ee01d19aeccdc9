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

class Digest {
 public:
  Digest() { require(EVP_DigestInit_ex(context_.get(), EVP_sha256(), nullptr)); }
  void add(const char* bytes, std::size_t count) { require(EVP_DigestUpdate(context_.get(), bytes, count)); }
  std::string finish() {
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest;
    unsigned int size = 0;
    require(EVP_DigestFinal_ex(context_.get(), digest.data(), &size));
    return hexadecimal(digest.data(), size);
  }

 private:
  const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context_{EVP_MD_CTX_new(), EVP_MD_CTX_free};
};

}  // namespace

std::string sha256_of(std::string_view bytes) {
  Digest digest;
  digest.add(bytes.data(), bytes.size());
  return digest.finish();
}

std::string sha256_of_file(const std::filesystem::path& file) { return sha256_of_file(file, 0); }

std::string sha256_of_file(const std::filesystem::path& file, std::uint64_t first) {
  std::ifstream stream(file, std::ios::binary);
  stream.seekg(static_cast<std::streamoff>(first));
  Digest digest;
  std::vector<char> block(1 << 20);
  while (stream.read(block.data(), static_cast<std::streamsize>(block.size())) || stream.gcount() > 0) {
    digest.add(block.data(), static_cast<std::size_t>(stream.gcount()));
  }
  // A folder opens but does not read, which leaves the bad bit.
  if (!stream.eof() || stream.bad()) throw Error(file.string() + ": cannot be read");
  return digest.finish();
}

}  // namespace deepcache_gen
