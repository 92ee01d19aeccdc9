#pragma once

#include <string>
#include <vector>

#include "cli/output/picture.h"
#include "evaluation/benchmark.h"

namespace deepcache_gen {

/// What `bench` measured, as its user wants it: markdown (a table like that of diffusers' documentation), json (one
/// object with the seconds of every round) or csv (RFC 4180, one row a cell); no newline at the end.
std::string bench_table(const std::string& format, const std::vector<BenchCell>& cells, const RunFacts& run);

/// The cells of a benchmark, at least one, as one JSON object on a line, every round's figures included.
std::string bench_json(const std::vector<BenchCell>& cells, const RunFacts& run);

/// The same as CSV (RFC 4180) with a head line, medians only.
std::string bench_csv(const std::vector<BenchCell>& cells);

}  // namespace deepcache_gen
