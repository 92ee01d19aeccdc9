#pragma once

#include <map>
#include <set>
#include <string>

namespace deepcache_gen {

/// The names that the layers of a UNet have in the code that Stable Diffusion was published with ("input_blocks.1.0"),
/// by those of diffusers ("down_blocks.0.resnets.0"), which `layers` are: linears and convolutions. Those that have no
/// other name are left out. Source: scripts/convert_original_stable_diffusion_to_diffusers.py of diffusers.
std::map<std::string, std::string> original_unet_names(const std::set<std::string>& layers);

}  // namespace deepcache_gen
