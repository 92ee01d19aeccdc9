#pragma once

#include <ATen/core/Tensor.h>

#include <functional>
#include <memory>
#include <vector>

namespace deepcache_gen {

/// Work that was taken down, to be done again by one call: a CUDA graph.
class Recording {
 public:
  virtual ~Recording() = default;
  /// Does the work again on the tensors that it was recorded with, which have other numbers now. Does not wait for it.
  virtual void play() = 0;
};

/// Takes down what a device is given to do. For use by one thread, the one that gives it.
class Recorder {
 public:
  virtual ~Recorder() = default;
  /// Runs `work` without doing it, and takes down what it would do. All that it reads and writes must be there
  /// before, and live as long as the recording; what it allocates is gone when it returns. The memory of that is
  /// shared by all recordings of this recorder, so that they must be played one after the other. `work` must have been
  /// done once before, must not wait for the device, nor read numbers from it. Throws `Error` where it can't be
  /// recorded; then nothing stays behind, and work can be given to the device as before.
  virtual std::unique_ptr<Recording> record(const std::function<void()>& work) = 0;
};

}  // namespace deepcache_gen
