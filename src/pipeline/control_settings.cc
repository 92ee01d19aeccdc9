#include "pipeline/control_settings.h"

#include "support/error.h"
#include "support/number_text.h"
#include "support/option_value.h"

namespace deepcache_gen {
namespace {

constexpr double kStrongest = 10;

void require_nets(const std::string& flag, bool is_given, const GenerationRequest& request) {
  if (!is_given || !request.control_nets.empty()) return;
  throw UsageError(flag, flag + ": is about a control net; name that with --control-net");
}

// One number for each net, or one for all.
double number_of(const std::string& flag, const std::vector<double>& numbers, std::size_t net, std::size_t nets,
                 double usual) {
  if (numbers.empty()) return usual;
  if (numbers.size() != 1 && numbers.size() != nets) {
    throw UsageError(flag, flag + " is given " + std::to_string(numbers.size()) + " times, --control-net " +
                               std::to_string(nets) + "; give it once for all, or once for each");
  }
  return numbers.size() == 1 ? numbers.front() : numbers[net];
}

double checked(const std::string& flag, double number, double low, double high) {
  if (number >= low && number <= high) return number;
  throw UsageError(flag, flag + " " + number_text("%g", number) + ": expected " + number_text("%g", low) + " to " +
                             number_text("%g", high));
}

[[noreturn]] void refuse_net(const std::string& name, const std::string& problem, const ModelInfo& model) {
  throw UsageError("--control-net", "--control-net " + quoted(name) + ": " + problem +
                                        "; use one that was made for models as " + model.name);
}

// Of the text encoder whose pooled text a UNet is told (model/stable_diffusion_xl.cc).
int pooled_size(const ModelInfo& model) {
  return model.text_encoders.empty() ? 0 : model.text_encoders.rbegin()->second.projection_size;
}

// What tells apart those of Stable Diffusion 1.5 and 2.1, which are of one family, is the text that they read.
void check_fits(const std::string& name, const ModelInfo& net, const ModelInfo& model) {
  const ControlNetInfo& its = *net.control_net;
  const UNetInfo& unet = model.unet();
  if (net.family != model.family) {
    refuse_net(name, "is for the family '" + net.family + "', model " + model.name + " is of '" + model.family + "'",
               model);
  }
  const auto compare = [&](const std::string& what, int number, int expected) {
    if (number == expected) return;
    refuse_net(
        name,
        "has " + std::to_string(number) + " " + what + ", model " + model.name + " has " + std::to_string(expected),
        model);
  };
  compare("as width of the text that it reads", its.context_size, unet.context_size);
  if (its.pooled_size > 0) compare("as width of the pooled text that it reads", its.pooled_size, pooled_size(model));
  compare("rungs", its.rungs, unet.rungs);
  compare("latent channels", its.in_channels, model.latent_channels);
  compare("pixels per latent", its.picture_scale, model.vae_scale);
}

ControlNetSettings resolved_net(const GenerationRequest& request, const ModelInfo& model, std::size_t i) {
  const std::size_t nets = request.control_nets.size();
  ControlNetSettings net;
  net.net = request.known_control_nets->named(request.control_nets[i]);
  check_fits(request.control_nets[i], *net.net, model);
  net.picture = read_input_picture("--control-image", request.control_pictures[i]).facts;
  const auto number = [&](const char* flag, const std::vector<double>& numbers, double usual, double high) {
    return checked(flag, number_of(flag, numbers, i, nets, usual), 0, high);
  };
  net.strength = number("--control-strength", request.control_strengths, 1, kStrongest);
  net.start = number("--control-start", request.control_starts, 0, 1);
  net.end = number("--control-end", request.control_ends, 1, 1);
  if (net.start < net.end) return net;
  UsageError error("--control-start", "--control-start " + number_text("%g", net.start) + " and --control-end " +
                                          number_text("%g", net.end) +
                                          ": nothing lies between; give a start below the end");
  error.add_flag("--control-end");
  throw error;
}

}  // namespace

std::vector<ControlNetSettings> resolve_control_nets(const GenerationRequest& request, const ModelInfo& model) {
  require_nets("--control-image", !request.control_pictures.empty(), request);
  require_nets("--control-strength", !request.control_strengths.empty(), request);
  require_nets("--control-start", !request.control_starts.empty(), request);
  require_nets("--control-end", !request.control_ends.empty(), request);
  require_nets("--control-guess", request.control_guess, request);
  require_nets("--control-cache", request.control_cache.has_value(), request);
  const std::size_t nets = request.control_nets.size(), pictures = request.control_pictures.size();
  if (nets != pictures) {
    UsageError error("--control-image", "there are " + std::to_string(nets) + " --control-net and " +
                                            std::to_string(pictures) +
                                            " --control-image; give a picture for each net, in the same order");
    error.add_flag("--control-net");
    throw error;
  }
  std::vector<ControlNetSettings> resolved;
  for (std::size_t i = 0; i < nets; ++i) resolved.push_back(resolved_net(request, model, i));
  return resolved;
}

std::string identity_of_control_net(const ModelInfo& net) {
  std::string identity = net.file_of(kControlNet).sha256;
  if (net.control_net->is_bgr) identity += " bgr";
  if (net.control_net->pools) identity += " pooled";
  return identity;
}

}  // namespace deepcache_gen
