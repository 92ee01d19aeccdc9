#pragma once

#include <string>
#include <vector>

#include "model/model_info.h"
#include "pipeline/request.h"

namespace deepcache_gen {

/// The control nets that a request names, in its order, each with its picture and its part of the steps: one number is
/// for all, or there is one for each. Throws `UsageError` for a net that was not made for models as `model`, for
/// numbers out of range, and for what says something of nets where there are none.
std::vector<ControlNetSettings> resolve_control_nets(const GenerationRequest& request, const ModelInfo& model);

/// What tells a control net from others in what it makes: the checksum of its weights, and how model.json says that it
/// is run.
std::string identity_of_control_net(const ModelInfo& net);

}  // namespace deepcache_gen
