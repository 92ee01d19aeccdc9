#pragma once

namespace deepcache_gen {

/// What tokenizers and prompt grammars tell characters apart by.
enum class CharacterClass { kSpace, kLetter, kNumber, kOther };

/// Of a code point, by its Unicode category; white space that Unicode files under control characters is space.
CharacterClass class_of(char32_t c);

/// Whether a regular expression of Python takes it for a part of a word (\w): a letter, a number or an underscore.
bool is_word_character(char32_t c);

}  // namespace deepcache_gen
