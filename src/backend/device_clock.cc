#include "backend/device_clock.h"

#include <c10/core/Event.h>
#include <c10/core/impl/VirtualGuardImpl.h>

#include "support/stopwatch.h"

namespace deepcache_gen {
namespace {

class CpuMark final : public DeviceMark {
 public:
  bool reached() const override { return true; }
  void wait() override {}
  double seconds_since(const DeviceMark& earlier) const override {
    return static_cast<const CpuMark&>(earlier).watch_.seconds_until(watch_);
  }

 private:
  const Stopwatch watch_;
};

class CpuClock final : public DeviceClock {
 public:
  std::unique_ptr<DeviceMark> mark() override { return std::make_unique<CpuMark>(); }
};

class EventMark final : public DeviceMark {
 public:
  explicit EventMark(const c10::Stream& stream) : event_(stream.device_type(), c10::EventFlag::BACKEND_DEFAULT) {
    event_.record(stream);
  }

  bool reached() const override { return event_.query(); }
  void wait() override { event_.synchronize(); }
  double seconds_since(const DeviceMark& earlier) const override {
    return static_cast<const EventMark&>(earlier).event_.elapsedTime(event_) / 1000;
  }

 private:
  c10::Event event_;  // its other flag leaves the time out
};

class EventClock final : public DeviceClock {
 public:
  explicit EventClock(c10::Device device) : device_(device), devices_(device.type()) {}
  std::unique_ptr<DeviceMark> mark() override { return std::make_unique<EventMark>(devices_.getStream(device_)); }

 private:
  const c10::Device device_;
  const c10::impl::VirtualGuardImpl devices_;
};

}  // namespace

std::unique_ptr<DeviceClock> make_device_clock(c10::Device device) {
  if (device.is_cpu()) return std::make_unique<CpuClock>();
  return std::make_unique<EventClock>(device);
}

}  // namespace deepcache_gen
