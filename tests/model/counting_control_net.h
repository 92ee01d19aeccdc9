#pragma once

#include <string>
#include <utility>

#include "model/control_net.h"
#include "model/counting_rungs.h"

namespace deepcache_gen {

/// A fake control net of `rungs` down rungs. Down rung i adds 1, mid adds 100, each residual 1000, the picture's
/// embedding 7.
inline ControlRungs counting_control_rungs(Calls& calls, int rungs) {
  ControlRungs result;
  result.time_embedding = std::make_unique<CountingModule>(calls, "time", 1, 0);
  result.picture = std::make_unique<CountingModule>(calls, "picture", 1, 7);
  for (int i = 0; i < rungs; ++i) {
    const std::string number = std::to_string(i);
    result.down.push_back(std::make_unique<CountingModule>(calls, std::string("down").append(number), 1, 1));
    result.residuals.push_back(
        std::make_unique<CountingModule>(calls, std::string("residual").append(number), 1, 1000));
  }
  result.mid = std::make_unique<CountingModule>(calls, "mid", 1, 100);
  result.mid_residual = std::make_unique<CountingModule>(calls, "mid_residual", 1, 1000);
  return result;
}

/// What model.json would say of it: it reads latents of one channel.
inline ControlNetInfo counting_control_info(int rungs) { return {.rungs = rungs, .in_channels = 1, .context_size = 1}; }

inline ControlNet counting_control_net(Calls& calls, int rungs) {
  return {"net", counting_control_rungs(calls, rungs), counting_control_info(rungs)};
}

}  // namespace deepcache_gen
