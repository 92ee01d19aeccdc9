#include "backend/foreign_errors.h"

#include <algorithm>
#include <array>

#include "support/printable.h"

namespace deepcache_gen {
namespace {

// What CUDA ("CUDA out of memory", "CUDA error: out of memory"), LibTorch's allocator on the CPU, cuBLAS and cuDNN, and
// the interpreter for a std::bad_alloc say.
constexpr std::array kLacksOfMemory{"out of memory", "can't allocate memory", "_ALLOC_FAILED", "_ALLOCATION_FAILED",
                                    "std::bad_alloc"};

constexpr std::size_t kLongest = 300;  // of a line of theirs

std::string text_of(const std::exception& error) {
  const auto* ours = dynamic_cast<const c10::Error*>(&error);
  return ours ? ours->what_without_backtrace() : error.what();
}

// The line that says what failed; around it are backtraces and code.
std::string telling_line(const std::exception& error) {
  const std::string text = text_of(error);
  const std::size_t begin = text.find_first_not_of(" \n"), end = text.find_last_not_of(" \n");
  if (begin == std::string::npos) return "a failure without words";
  const std::string told = text.substr(begin, end - begin + 1);
  // The interpreter of TorchScript says what failed below where.
  const bool is_interpreters = told.starts_with("The following operation failed in the TorchScript interpreter");
  return is_interpreters ? told.substr(told.rfind('\n') + 1) : told.substr(0, told.find('\n'));
}

}  // namespace

bool tells_out_of_memory(const std::exception& error) {
  if (dynamic_cast<const OutOfMemory*>(&error) || dynamic_cast<const c10::OutOfMemoryError*>(&error)) return true;
  if (dynamic_cast<const Error*>(&error)) return false;
  const std::string text = text_of(error);
  return std::any_of(kLacksOfMemory.begin(), kLacksOfMemory.end(),
                     [&](const char* words) { return text.find(words) != std::string::npos; });
}

void throw_translated(const std::string& name, const std::exception& error) {
  if (tells_out_of_memory(error)) throw OutOfMemory(name + ": the device's memory is not enough");
  throw Error(name + ": " + shortened(telling_line(error), kLongest));
}

}  // namespace deepcache_gen
