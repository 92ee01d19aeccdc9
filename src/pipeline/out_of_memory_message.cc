#include "pipeline/out_of_memory_message.h"

#include <algorithm>
#include <vector>

#include "backend/memory_advice.h"
#include "pipeline/batch_size.h"

namespace deepcache_gen {
namespace {

std::int64_t estimated_fit(const UnmetDemand& demand) {
  return demand.free_bytes ? images_that_fit(demand.latent_pixels, *demand.free_bytes) : demand.images;
}

// Half of a batch for which there was room by the estimate: it does not know what else needs memory.
std::int64_t smaller_batch(const UnmetDemand& demand) {
  const std::int64_t fitting = estimated_fit(demand);
  return fitting < demand.images ? std::max<std::int64_t>(fitting, 1) : demand.images / 2;
}

std::string images_text(const UnmetDemand& demand) {
  const std::string size = std::to_string(demand.width) + "x" + std::to_string(demand.height);
  if (demand.images == 1) return "an image of " + size;
  return std::to_string(demand.images) + " images of " + size + " at a time";
}

std::string free_text(const UnmetDemand& demand) {
  if (!demand.free_bytes) return "";
  const std::string too_little = estimated_fit(demand) == 0 ? ", by estimate too little for one" : "";
  return " (" + gibibytes_text(*demand.free_bytes) + " free" + too_little + ")";
}

}  // namespace

OutOfMemory lack_of_memory(const UnmetDemand& demand) {
  std::vector<std::string> choices;
  if (demand.images > 1) choices.push_back("--batch-size " + std::to_string(smaller_batch(demand)));
  choices.push_back("a smaller --width and --height");
  for (const std::string& flag : flags_that_spare_memory(demand.placement)) choices.push_back(flag);
  OutOfMemory error("not enough memory on " + memory_owner(demand.placement) + " for " + images_text(demand) + " in " +
                    dtype_name(demand.placement) + free_text(demand) + "; try " + choices_text(choices));
  if (demand.images > 1) error.add_flag("--batch-size");
  for (const char* flag : {"--width", "--height"}) error.add_flag(flag);
  return error;
}

}  // namespace deepcache_gen
