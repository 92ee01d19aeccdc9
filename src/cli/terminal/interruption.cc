#include "cli/terminal/interruption.h"

#include <unistd.h>

#include <csignal>

#include "cli/terminal/exit_code.h"

namespace deepcache_gen {
namespace {

// The one pair of globals: a signal handler can reach nothing else.
volatile std::sig_atomic_t deferred = 0;
volatile std::sig_atomic_t received = 0;

extern "C" void on_signal(int) {
  if (deferred == 0 || received != 0) ::_exit(kExitInterrupted);
  received = 1;
}

}  // namespace

void exit_when_interrupted() {
  struct sigaction action {};
  action.sa_handler = on_signal;
  action.sa_flags = SA_RESTART;
  ::sigaction(SIGINT, &action, nullptr);
  ::sigaction(SIGTERM, &action, nullptr);
}

void defer_interruption() { deferred = 1; }

bool interrupted() { return received != 0; }

}  // namespace deepcache_gen
