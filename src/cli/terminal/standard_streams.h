#pragma once

namespace deepcache_gen {

/// Makes failures of stdin, stdout and stderr errors like any other: writing to a closed pipe no longer ends the
/// process, and a stream that was closed from the start is opened so that writing to it fails, lest a file opened later
/// takes its number and gets what was meant for it.
void prepare_standard_streams();

}  // namespace deepcache_gen
