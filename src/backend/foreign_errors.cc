#include "backend/foreign_errors.h"

#include <algorithm>
#include <array>

namespace deepcache_gen {
namespace {

// What CUDA ("CUDA out of memory", "CUDA error: out of memory"), LibTorch's allocator on the CPU, cuBLAS and cuDNN, and
// the interpreter for a std::bad_alloc say.
constexpr std::array kLacksOfMemory{"out of memory", "can't allocate memory", "_ALLOC_FAILED", "_ALLOCATION_FAILED",
                                    "std::bad_alloc"};

std::string text_of(const std::exception& error) {
  const auto* ours = dynamic_cast<const c10::Error*>(&error);
  return ours ? ours->what_without_backtrace() : error.what();
}

}  // namespace

std::string first_line(const c10::Error& error) {
  const std::string text = error.what_without_backtrace();
  return text.substr(0, text.find('\n'));
}

std::string last_line(const std::exception& error) {
  std::string text = error.what();
  text.erase(text.find_last_not_of('\n') + 1);
  return text.substr(text.rfind('\n') + 1);
}

bool tells_out_of_memory(const std::exception& error) {
  if (dynamic_cast<const OutOfMemory*>(&error) || dynamic_cast<const c10::OutOfMemoryError*>(&error)) return true;
  if (dynamic_cast<const Error*>(&error)) return false;
  const std::string text = text_of(error);
  return std::any_of(kLacksOfMemory.begin(), kLacksOfMemory.end(),
                     [&](const char* words) { return text.find(words) != std::string::npos; });
}

void throw_translated(const std::string& name, const std::exception& error) {
  if (tells_out_of_memory(error)) throw OutOfMemory(name + ": the device's memory is not enough");
  if (const auto* known = dynamic_cast<const c10::Error*>(&error)) throw Error(name + ": " + first_line(*known));
  throw Error(name + ": " + last_line(error));
}

}  // namespace deepcache_gen
