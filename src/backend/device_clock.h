#pragma once

#include <c10/core/Device.h>

#include <memory>

namespace deepcache_gen {

/// A moment in what a device is given to do: reached once all that it was given before is done.
class DeviceMark {
 public:
  virtual ~DeviceMark() = default;
  /// Does not wait.
  virtual bool reached() const = 0;
  /// Until it is reached.
  virtual void wait() = 0;
  /// From `earlier`, of the same clock; both must have been reached.
  virtual double seconds_since(const DeviceMark& earlier) const = 0;
};

/// Measures the time that work takes a device, without waiting for it. For use by the thread that gives the work, and
/// for what it gives to its current stream.
class DeviceClock {
 public:
  virtual ~DeviceClock() = default;
  virtual std::unique_ptr<DeviceMark> mark() = 0;
};

/// On a CPU, which has done its work when it returns, all marks are reached and the time is the wall's; elsewhere marks
/// are events of the device.
std::unique_ptr<DeviceClock> make_device_clock(c10::Device device);

/// A stretch of a device's time.
struct DeviceSpan {
  std::unique_ptr<DeviceMark> from, to;

  /// Waits for its end.
  double seconds() const {
    to->wait();
    return to->seconds_since(*from);
  }
};

}  // namespace deepcache_gen
