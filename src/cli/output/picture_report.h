#pragma once

#include <optional>
#include <string>

#include "cli/options/command_line.h"
#include "cli/output/latents_file.h"
#include "cli/output/picture.h"
#include "cli/terminal/standard_streams.h"
#include "pipeline/generated_image.h"

namespace deepcache_gen {

/// Tells of the pictures of a run: adds the latents of one that is written where they are wanted, then prints its path
/// or JSON record as a result.
class PictureReport {
 public:
  /// Throws `UsageError` or `Error` for a latents file that is not accepted or cannot be written.
  PictureReport(const OutputOptions& options, Results results);

  /// Of a picture whose file (`picture_bytes`) is written; the pixels aren't used. Throws `Error` where the latents
  /// cannot be written, `NoMoreOutput` where nothing more can.
  void add(const RunFacts& run, const Picture& picture, const GeneratedImage& image);
  /// The results, with --json, of a picture that was there, of one that could not be made, of a line that is wrong.
  void add_skipped(const Picture& picture) const;
  void add_failure(const Picture& picture, const std::string& problem) const;
  void add_bad_line(int item, const std::string& source, const std::string& problem) const;

 private:
  std::optional<LatentsFile> latents_;
  Results results_;
  bool json_;
};

// The JSON objects, each on one line, that --json prints for a picture. `item` and `source` are there for prompts of a
// list; `negative_prompt` is null where unset; bytes that are not UTF-8 become U+FFFD.

/// Of a picture that was made. Times are in seconds, `total` is load + text + denoise + decode; `full_step` and
/// `cached_step` are medians, null where there was no such step.
std::string json_record(const RunFacts& run, const Picture& picture, const Timing& timing);

/// Of a picture that --resume found made: it has `skipped` instead of times.
std::string skipped_record(const Picture& picture);

/// Of a picture that could not be made: it has `error` instead of times.
std::string failure_record(const Picture& picture, const std::string& problem);

/// Of a line of a list that can't be understood.
std::string bad_line_record(int item, const std::string& source, const std::string& problem);

}  // namespace deepcache_gen
