#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace deepcache_gen {

/// An input as text.
std::string as_text(const std::uint8_t* data, std::size_t size);

/// An input as `count` texts: form feeds end all but the last; what is missing is empty.
std::vector<std::string> split_input(const std::uint8_t* data, std::size_t size, std::size_t count);

/// A folder of this process, removed at its end: what is tested reads files. On a file system in memory it costs little
/// (scripts/fuzz sets TMPDIR).
class FuzzFolder {
 public:
  FuzzFolder();
  ~FuzzFolder();

  const std::filesystem::path& path() const { return path_; }
  /// Writes the file anew; returns its path.
  std::filesystem::path write(const std::string& name, std::string_view content) const;

 private:
  std::filesystem::path path_;
};

/// Runs `work`, which may refuse its input by an `Error` that can be printed; anything else that it throws is a
/// finding. Returns whether it took the input.
bool takes(const std::function<void()>& work);

/// Ends the process, as a finding, unless `holds`.
void require(bool holds, const char* promise);

/// A mutator of libFuzzer's for a JSON text: changes, removes, repeats or moves values of it, and leaves it
/// well-formed; at times, and where it is not well-formed, its bytes are changed instead.
std::size_t mutate_json(std::uint8_t* data, std::size_t size, std::size_t max_size, unsigned int seed);

}  // namespace deepcache_gen
