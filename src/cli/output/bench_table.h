#pragma once

#include <string>
#include <vector>

#include "cli/output/run_facts.h"
#include "evaluation/benchmark.h"

namespace deepcache_gen {

/// What `bench` measured, as its user wants it: markdown (a table like that of diffusers' documentation), json (one
/// object with the seconds of every round) or csv (RFC 4180, one row a cell); no newline at the end.
std::string bench_table(const std::string& format, const std::vector<BenchCell>& cells, const RunFacts& run);

}  // namespace deepcache_gen
