#pragma once

namespace deepcache_gen {

/// From now on SIGINT and SIGTERM end the process at once, with `kExitInterrupted`.
void exit_when_interrupted();

/// From now on the first SIGINT or SIGTERM only makes `interrupted` true, so that work in hand can end in order; the
/// second one ends the process at once.
void defer_interruption();

/// True after a deferred signal.
bool interrupted();

}  // namespace deepcache_gen
