#include "backend/memory_advice.h"

#include "support/number_text.h"

namespace deepcache_gen {
namespace {

std::string in_parentheses(const DeviceMemory& memory) {
  if (!memory.free_bytes) return "";
  const std::string total = memory.total_bytes ? " of " + gibibytes_text(*memory.total_bytes) : "";
  return " (" + gibibytes_text(*memory.free_bytes) + " free" + total + ")";
}

}  // namespace

std::string gibibytes_text(std::int64_t bytes) {
  return number_text("%.1f GiB", static_cast<double>(bytes) / (std::int64_t{1} << 30));
}

std::string memory_owner(const Placement& placement) {
  return placement.device.is_cpu() ? "this machine" : device_name(placement);
}

std::vector<std::string> flags_that_spare_memory(const Placement& placement) {
  std::vector<std::string> flags;
  if (placement.dtype == c10::ScalarType::Float) {
    flags.push_back(placement.device.is_cpu() ? "--dtype bf16" : "--dtype fp16");
  }
  if (!placement.device.is_cpu()) flags.push_back("--device cpu");
  return flags;
}

std::string does_not_fit_message(const std::filesystem::path& file, const Placement& placement,
                                 const DeviceMemory& memory) {
  std::vector<std::string> choices = flags_that_spare_memory(placement);
  choices.push_back("a smaller model");
  return file.string() + ": does not fit into the memory of " + memory_owner(placement) + in_parentheses(memory) +
         "; try " + choices_text(choices);
}

std::string choices_text(const std::vector<std::string>& choices) {
  std::string text;
  for (std::size_t i = 0; i < choices.size(); ++i) {
    if (i > 0) text += i + 1 == choices.size() ? " or " : ", ";
    text += choices[i];
  }
  return text;
}

}  // namespace deepcache_gen
