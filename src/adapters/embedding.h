#pragma once

#include <ATen/core/Tensor.h>

#include <string>
#include <vector>

namespace deepcache_gen {

/// A token that was learned after a model was trained (textual inversion; Gal et al., arXiv 2208.01618).
struct Embedding {
  std::string token;                ///< as a prompt spells it; UTF-8, its case makes no difference
  std::vector<at::Tensor> vectors;  ///< one per text encoder of the model: float32 [n, hidden_size], n of 1 or more;
                                    ///< undefined where the file has none for it, which then reads the token as text
};

}  // namespace deepcache_gen
