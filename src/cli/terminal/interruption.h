#pragma once

namespace deepcache_gen {

inline constexpr int kExitDone = 0;           ///< everything asked for was done
inline constexpr int kExitFailed = 1;         ///< something could not be done
inline constexpr int kExitUsage = 2;          ///< something was asked for that is not accepted
inline constexpr int kExitInterrupted = 130;  ///< Ctrl-C, SIGTERM or SIGHUP; finished images stay

/// From now on SIGINT, SIGTERM and SIGHUP end the process at once, with `kExitInterrupted`; SIGHUP not where whoever
/// began the process has it ignored, as nohup does.
void exit_when_interrupted();

/// From now on the first of them only makes `interrupted` true, so that work in hand can end in order; a SIGINT or
/// SIGTERM after it ends the process at once.
void defer_interruption();

/// True after a deferred signal.
bool interrupted();

}  // namespace deepcache_gen
