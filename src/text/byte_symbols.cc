#include "text/byte_symbols.h"

namespace deepcache_gen {
namespace {

bool stands_for_itself(char32_t byte) {
  return (byte >= 0x21 && byte <= 0x7E) || (byte >= 0xA1 && byte <= 0xAC) || byte >= 0xAE;
}

}  // namespace

std::array<char32_t, 256> byte_symbols() {
  std::array<char32_t, 256> symbols{};
  char32_t next = 0x100;
  for (char32_t byte = 0; byte < symbols.size(); ++byte) symbols[byte] = stands_for_itself(byte) ? byte : next++;
  return symbols;
}

}  // namespace deepcache_gen
