#pragma once

#include <string>

#include "model/model_info.h"

namespace deepcache_gen {

/// Gives `model` the part of this role of `lender`, which stays in the lender's folder: it is verified, loaded and
/// identified as that part. Throws `Error` where the lender has none.
void borrow_part(ModelInfo& model, const ModelInfo& lender, const std::string& role);

/// `model` with the VAE of another: its decoder, its encoder where it has one, the numbers that belong to them and its
/// preview map, if it has one; the model's own VAE is no part of it any more. Throws `UsageError` about --vae where the
/// other has no decoder, or other latent channels or pixels per latent.
ModelInfo with_vae_of(ModelInfo model, const ModelInfo& lender);

}  // namespace deepcache_gen
