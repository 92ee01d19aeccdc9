#include "model/preview_map.h"

#include <algorithm>

namespace deepcache_gen {

std::optional<PreviewMap> read_preview_map(const JsonObject& vae, int channels) {
  if (!vae.has("preview")) return {};
  const JsonObject preview = vae.object("preview");
  const std::vector<std::vector<double>> rows = preview.number_rows("matrix");
  const std::vector<double> bias = preview.numbers("bias");
  PreviewMap map;
  if (rows.size() != map.matrix.size()) preview.fail("matrix", "needs a row each for red, green and blue");
  if (bias.size() != map.bias.size()) preview.fail("bias", "needs a number each for red, green and blue");
  for (std::size_t colour = 0; colour < rows.size(); ++colour) {
    if (static_cast<int>(rows[colour].size()) != channels)
      preview.fail("matrix", "needs one number per latent channel");
    map.matrix[colour] = rows[colour];
    map.bias[colour] = bias[colour];
  }
  return map;
}

}  // namespace deepcache_gen
