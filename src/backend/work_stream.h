#pragma once

#include <c10/core/Device.h>
#include <c10/core/Stream.h>

#include <optional>

namespace deepcache_gen {

/// A stream of the device for the work of one engine, beside the default one, on which nothing can be recorded; unset
/// on a CPU. Work goes there for as long as a `c10::OptionalStreamGuard` of it lives.
std::optional<c10::Stream> work_stream(const c10::Device& device);

}  // namespace deepcache_gen
