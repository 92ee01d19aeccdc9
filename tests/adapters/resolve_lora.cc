// Tells what a LoRA file is made of: which weights it changes in a model, and with --numbers what it adds to each.
// usage: resolve_lora FILE [--numbers] < {"unet": {"NAME.weight": [SIZE, ...], ...}, "text_encoder": ...}
// Prints one JSON line for every weight; on an error its message, and ends with 1.

#include <ATen/ATen.h>

#include <cstring>
#include <iostream>
#include <nlohmann/json.hpp>

#include "adapters/lora_file.h"
#include "support/error.h"

int main(int argc, char** argv) {
  using namespace deepcache_gen;
  using Json = nlohmann::json;
  const bool with_numbers = argc > 2 && std::strcmp(argv[2], "--numbers") == 0;
  const auto parts = Json::parse(std::cin).get<std::map<std::string, WeightSizes>>();
  try {
    for (const auto& [role, patches] : LoraFile(argv[1]).resolve(parts)) {
      for (const NamedDelta& patch : patches) {
        Json line{{"role", role}, {"weight", patch.name}};
        if (const auto* product = std::get_if<LowRankDelta>(&*patch.delta)) line["scale"] = product->scale;
        if (with_numbers) {
          const at::Tensor sum = at::zeros(parts.at(role).at(patch.name));
          add_delta(sum, *patch.delta);
          line["numbers"] = std::vector<float>(sum.const_data_ptr<float>(), sum.const_data_ptr<float>() + sum.numel());
        }
        std::cout << line.dump() << '\n';
      }
    }
  } catch (const Error& error) {
    std::cout << error.what() << '\n';
    return 1;
  }
}
