#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace deepcache_gen {

/// The exporter's script that belongs to the program in the folder `bin`: ../scripts/export_model.py of a checkout, or
/// ../share/deepcache-gen/scripts/export_model.py of an installed tree. Throws `Error` where it is in neither place.
std::filesystem::path exporter_script(const std::filesystem::path& bin);

/// That of this program. Throws `Error`, also where without /proc nobody knows where the program lies.
std::filesystem::path exporter_script();

/// How this program is called in a command that people are to type: in a checkout by scripts/deepcache-gen, as seen
/// from the current folder, else by its name.
std::string program_word();

/// Replaces this process by the exporter; its exit status becomes this one's. `arguments` go to it as they are, through
/// no shell. Throws `Error` where there is no python3.
[[noreturn]] void become_exporter(const std::filesystem::path& script, const std::vector<std::string>& arguments);

/// Runs the exporter and waits for it; what it prints goes to stderr, and it reads nothing. It ends with this process.
/// Throws `Error` where it can't be run or fails, `Interrupted` where Ctrl-C ended it.
void run_exporter(const std::filesystem::path& script, const std::vector<std::string>& arguments);

}  // namespace deepcache_gen
