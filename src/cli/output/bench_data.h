#pragma once

#include <string>
#include <vector>

#include "cli/output/run_facts.h"
#include "evaluation/benchmark.h"

namespace deepcache_gen {

/// The cells of a benchmark, at least one, as one JSON object on a line, every round's figures included.
std::string bench_json(const std::vector<BenchCell>& cells, const RunFacts& run);

/// The same as CSV (RFC 4180) with a head line, medians only.
std::string bench_csv(const std::vector<BenchCell>& cells);

}  // namespace deepcache_gen
