#pragma once

namespace deepcache_gen {

inline constexpr int kExitDone = 0;           ///< everything asked for was done
inline constexpr int kExitFailed = 1;         ///< something could not be done
inline constexpr int kExitUsage = 2;          ///< something was asked for that is not accepted
inline constexpr int kExitInterrupted = 130;  ///< Ctrl-C, SIGTERM or SIGHUP; finished images stay

}  // namespace deepcache_gen
