#include "backend/lost_pages.h"

#include <sys/mman.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdint>

namespace deepcache_gen {
namespace {

struct Mapping {
  std::atomic<bool> is_taken;
  std::atomic<std::uintptr_t> begin, end;  // equal: nothing
  std::atomic<bool> has_lost_pages;
};

// Global, since a signal handler can reach nothing else, which may not wait either.
std::array<Mapping, 1024> mappings;
static_assert(std::atomic<std::uintptr_t>::is_always_lock_free && std::atomic<bool>::is_always_lock_free);

// For all of the rest at once: a process can't have any number of mappings.
bool put_zeros(std::uintptr_t address, std::uintptr_t end) {
  const auto page = static_cast<std::uintptr_t>(sysconf(_SC_PAGESIZE));
  const std::uintptr_t begin = address / page * page;
  constexpr int kZeros = MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED;
  return mmap(reinterpret_cast<void*>(begin), end - begin, PROT_READ, kZeros, -1, 0) != MAP_FAILED;
}

bool replace_page(std::uintptr_t address) {
  for (Mapping& mapping : mappings) {
    if (address < mapping.begin || address >= mapping.end) continue;
    mapping.has_lost_pages = true;
    return put_zeros(address, mapping.end);
  }
  return false;
}

extern "C" void on_lost_page(int signal, siginfo_t* information, void*) {
  const int error = errno;  // of what was interrupted
  const bool is_replaced = replace_page(reinterpret_cast<std::uintptr_t>(information->si_addr));
  errno = error;
  if (is_replaced) return;
  // It comes again, and ends the process.
  ::signal(signal, SIG_DFL);
}

void install_handler() {
  static const bool installed = [] {
    struct sigaction action {};
    action.sa_sigaction = on_lost_page;
    action.sa_flags = SA_SIGINFO;
    return ::sigaction(SIGBUS, &action, nullptr) == 0;
  }();
  static_cast<void>(installed);
}

}  // namespace

LostPages::LostPages(std::span<const std::byte> memory) : place_(-1) {
  install_handler();
  for (std::size_t i = 0; i < mappings.size(); ++i) {
    if (mappings[i].is_taken.exchange(true)) continue;
    place_ = static_cast<int>(i);
    mappings[i].has_lost_pages = false;
    mappings[i].begin = reinterpret_cast<std::uintptr_t>(memory.data());
    mappings[i].end = reinterpret_cast<std::uintptr_t>(memory.data()) + memory.size();
    return;
  }
}

LostPages::~LostPages() {
  if (place_ < 0) return;
  Mapping& mapping = mappings[static_cast<std::size_t>(place_)];
  mapping.end = 0;
  mapping.begin = 0;
  mapping.is_taken = false;
}

bool LostPages::any() const { return place_ >= 0 && mappings[static_cast<std::size_t>(place_)].has_lost_pages; }

}  // namespace deepcache_gen
