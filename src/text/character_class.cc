#include "text/character_class.h"

#include <utf8proc.h>

namespace deepcache_gen {

CharacterClass class_of(char32_t c) {
  // White space that Unicode files under control characters.
  if ((c >= U'\t' && c <= U'\r') || c == 0x85) return CharacterClass::kSpace;
  switch (utf8proc_category(static_cast<utf8proc_int32_t>(c))) {
    case UTF8PROC_CATEGORY_ZS:
    case UTF8PROC_CATEGORY_ZL:
    case UTF8PROC_CATEGORY_ZP:
      return CharacterClass::kSpace;
    case UTF8PROC_CATEGORY_LU:
    case UTF8PROC_CATEGORY_LL:
    case UTF8PROC_CATEGORY_LT:
    case UTF8PROC_CATEGORY_LM:
    case UTF8PROC_CATEGORY_LO:
      return CharacterClass::kLetter;
    case UTF8PROC_CATEGORY_ND:
    case UTF8PROC_CATEGORY_NL:
    case UTF8PROC_CATEGORY_NO:
      return CharacterClass::kNumber;
    default:
      return CharacterClass::kOther;
  }
}

bool is_word_character(char32_t c) {
  const CharacterClass type = class_of(c);
  return type == CharacterClass::kLetter || type == CharacterClass::kNumber || c == U'_';
}

}  // namespace deepcache_gen
