#pragma once

#include <vector>

#include "caching/cache_spec.h"
#include "cli/options/device_list.h"
#include "cli/options/shard.h"
#include "support/option_value.h"

namespace deepcache_gen {

// What only the command line reads.

/// A list such as original,3/0,5/1: interval and branch.
void read(const OptionValue& value, std::vector<CacheSpec>& field);
/// A list such as 0,1 or cuda:0,cuda:1 or cpu,cpu.
void read(const OptionValue& value, DeviceList& field);
/// 2/5 is the second of five.
void read(const OptionValue& value, Shard& field);

}  // namespace deepcache_gen
