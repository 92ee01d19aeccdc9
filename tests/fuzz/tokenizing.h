#pragma once

#include <string>

namespace deepcache_gen {

/// Loads the tokenizer of `section`, the text of a tokenizer section of a model.json whose type and files are replaced
/// by those of `files`, a JSON object; then cuts `prompt` into pieces and checks what comes. Errors are thrown on.
void tokenize_by(const std::string& section, const std::string& files, const std::string& folder,
                 const std::string& prompt);

}  // namespace deepcache_gen
