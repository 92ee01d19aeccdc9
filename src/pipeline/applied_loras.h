#pragma once

#include <cstdint>
#include <functional>
#include <list>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "adapters/lora_file.h"
#include "pipeline/loaded_model.h"
#include "pipeline/request.h"

namespace deepcache_gen {

/// The LoRA that are added to a loaded model's weights: those of the batch that is being made, and none for one that
/// asks for none, bit for bit. Files are kept for batches to come.
class AppliedLoras {
 public:
  /// `parts` is borrowed.
  explicit AppliedLoras(LoadedModel& parts) : parts_(parts) {}

  /// Reads each file that was not looked at yet. Throws `UsageError` about --lora for one that does not fit the model,
  /// or has changed since the picture was planned. While `apply` is under way another thread may call it.
  void check(const std::vector<LoraSettings>& loras) const;

  /// Receives one line about a LoRA that was added.
  using Tell = std::function<void(const std::string&)>;
  /// Makes those of the settings the ones that are added, each with its weight. Throws `Error` where a file has changed
  /// or does not fit, and `OutOfMemory`; the next call puts right what was done until then. Returns whether there was
  /// anything to do.
  bool apply(const GenerationSettings& settings, const Tell& tell);

 private:
  struct Known {
    std::string sha256;
    PatchesByRole at_one;  // a file's deltas for a weight of 1
    std::int64_t bytes;
  };
  using Applied = std::vector<std::pair<std::string, double>>;

  PatchesByRole read(const LoraSettings& lora) const;
  Known& known(const LoraSettings& lora);
  void forget_all_but(std::size_t needed);

  LoadedModel& parts_;
  mutable std::mutex mutex_;                    // of what `check` uses
  mutable std::set<std::string> fitting_;       // checksums of files that were looked at
  std::list<Known> known_;                      // the one used last in front
  std::optional<Applied> applied_ = Applied();  // unset: not known, since something failed
};

}  // namespace deepcache_gen
