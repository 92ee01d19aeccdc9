#include "cli/terminal/interruption.h"

#include <unistd.h>

#include <atomic>
#include <csignal>

#include "cli/terminal/exit_code.h"

namespace deepcache_gen {
namespace {

// The one pair of globals: a signal handler can reach nothing else. Any thread may be the one that it interrupts, and
// any may ask.
std::atomic<bool> deferred = false;
std::atomic<bool> received = false;
static_assert(std::atomic<bool>::is_always_lock_free, "a signal handler may not wait");

extern "C" void on_signal(int) {
  if (!deferred || received.exchange(true)) ::_exit(kExitInterrupted);
}

}  // namespace

void exit_when_interrupted() {
  struct sigaction action {};
  action.sa_handler = on_signal;
  action.sa_flags = SA_RESTART;
  ::sigaction(SIGINT, &action, nullptr);
  ::sigaction(SIGTERM, &action, nullptr);
}

void defer_interruption() { deferred = true; }

bool interrupted() { return received; }

}  // namespace deepcache_gen
