#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

namespace deepcache_gen {

/// A row of a table for people: its cells, in the order of the head.
using TableRow = std::vector<std::string>;

/// The samplers and the sigma schedules, a row each behind the head: name, AUTOMATIC1111's name, what else there is to
/// know of it, and last what diffusers calls it (`-`: it has none).
std::vector<TableRow> sampler_table();
std::vector<TableRow> schedule_table();

/// Both tables, the second below the first; no newline at the end. Lines of at most 120 columns.
std::string sampler_list_text();
/// The same without what diffusers calls them; lines of at most 80 columns.
std::string narrow_sampler_list();
/// The same as `sampler_list_text` as Markdown.
std::string sampler_list_markdown();
/// The same for programs: an object with `samplers` and `schedules`.
nlohmann::ordered_json sampler_list_json();

}  // namespace deepcache_gen
