#include "cli/terminal/interruption.h"

#include <unistd.h>

#include <atomic>
#include <csignal>

namespace deepcache_gen {
namespace {

// The one pair of globals: a signal handler can reach nothing else. Any thread may be the one that it interrupts, and
// any may ask.
std::atomic<bool> deferred = false;
std::atomic<bool> received = false;
static_assert(std::atomic<bool>::is_always_lock_free, "a signal handler may not wait");

// Of a terminal that goes away both the shell and the kernel tell, so that a second SIGHUP is no second wish.
extern "C" void on_signal(int signal) {
  if (!deferred || (received.exchange(true) && signal != SIGHUP)) ::_exit(kExitInterrupted);
}

// As nohup has it.
bool is_ignored(int signal) {
  struct sigaction action {};
  return ::sigaction(signal, nullptr, &action) == 0 && action.sa_handler == SIG_IGN;
}

}  // namespace

void exit_when_interrupted() {
  struct sigaction action {};
  action.sa_handler = on_signal;
  action.sa_flags = SA_RESTART;
  ::sigaction(SIGINT, &action, nullptr);
  ::sigaction(SIGTERM, &action, nullptr);
  if (!is_ignored(SIGHUP)) ::sigaction(SIGHUP, &action, nullptr);
}

void defer_interruption() { deferred = true; }

bool interrupted() { return received; }

}  // namespace deepcache_gen
