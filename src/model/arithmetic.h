#pragma once

#include <optional>
#include <vector>

#include "model/model_parts.h"

namespace deepcache_gen {

/// What a part of a model costs per batch element, in multiply-adds, as a polynomial of the picture's latent pixels:
/// convolutions and linears grow with them, self-attention with their square, the text's keys and values not at all.
struct MultiplyAdds {
  double constant = 0, linear = 0, quadratic = 0;

  double at(double latent_pixels) const;
};

/// The parts of a UNet ladder.
struct UNetArithmetic {
  MultiplyAdds time_embedding, mid, out;
  std::vector<MultiplyAdds> down, up;  ///< as many; up rung i takes skip down.size() - 1 - i

  /// Multiply-adds of a full step, and of a cached one at `branch` (0..down.size() - 1), per batch element.
  double full_pass(double latent_pixels) const;
  double cached_pass(int branch, double latent_pixels) const;
};

/// What a whole model costs, counted from shapes by the exporter.
struct ModelArithmetic {
  UNetArithmetic unet;
  MultiplyAdds decoder;  ///< of the VAE
  double text = 0;       ///< of all text encoders together, for one prompt
};

/// The parts of a control net: a down rung and mid with the residual that is made of each.
struct ControlArithmetic {
  MultiplyAdds time_embedding, picture, mid;  ///< `picture`: once for all calls
  std::vector<MultiplyAdds> down;

  /// Multiply-adds of the whole net, and of what a cached step of the UNet at `branch` (0..down.size() - 1) needs.
  double full_pass(double latent_pixels) const;
  double cached_pass(int branch, double latent_pixels) const;
};

/// Reads the `multiply_adds` of a part that is one module; nothing where they are missing. Throws as below.
std::optional<MultiplyAdds> read_multiply_adds(const JsonObject& facts);

/// The same of a control net. Throws as below.
std::optional<ControlArithmetic> read_control_arithmetic(const JsonObject& facts);

/// Reads the `multiply_adds` fields of a model's parts (models/README.md); nothing where one of them is missing. Throws
/// `Error` naming the field where one is not what the UNet's down rungs need.
std::optional<ModelArithmetic> read_arithmetic(const PartDescriptions& parts);

}  // namespace deepcache_gen
