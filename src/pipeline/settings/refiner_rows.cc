#include <algorithm>

#include "pipeline/settings/setting_rows.h"
#include "schedulers/sampler_rows.h"
#include "support/error.h"
#include "support/number_text.h"

namespace deepcache_gen {
namespace {

using Json = nlohmann::ordered_json;
using Request = GenerationRequest;
using Settings = GenerationSettings;

double checked_start(double start) {
  if (start > 0 && start < 1) return start;
  throw UsageError("--refiner-start", "--refiner-start " + number_text("%g", start) +
                                          ": expected a part of the way between 0 and 1, such as 0.8");
}

[[noreturn]] void refuse(const std::string& flag, const std::string& message) {
  UsageError error("--refiner", message);
  error.add_flag(flag);
  throw error;
}

bool only_refines(const ModelInfo& model) { return model.family == "stable-diffusion-xl-refiner"; }

// As model.json names it.
std::string prediction_of(const ModelInfo& model) {
  return model.scheduler.has("prediction_type") ? model.scheduler.string("prediction_type") : "epsilon";
}

// Its UNet goes on with the other's latents.
void check_reads_latents_of(const ModelInfo& model, const ModelInfo& refiner) {
  const auto refuse_number = [&](const std::string& what, double its, double others) {
    throw UsageError("--refiner", "--refiner '" + refiner.folder.string() + "': has " + number_text("%g", its) + " " +
                                      what + ", the latents of model " + model.name + " need " +
                                      number_text("%g", others) + "; name the refiner of that family");
  };
  const auto compare = [&](const std::string& what, double its, double others) {
    if (its != others) refuse_number(what, its, others);
  };
  compare("latent channels", refiner.latent_channels, model.latent_channels);
  compare("input channels of its UNet", refiner.unet().in_channels, model.latent_channels);
  compare("pixels per latent", refiner.vae_scale, model.vae_scale);
  const std::string its = prediction_of(refiner), others = prediction_of(model);
  if (its != others) {
    throw UsageError("--refiner", "--refiner '" + refiner.folder.string() + "': its UNet predicts " + its +
                                      ", that of model " + model.name + " " + others +
                                      ", and both are sampled as one; name the refiner of that family");
  }
  // What a lent VAE says is not about the UNet.
  if (!model.part(kVaeDecoder).lender) {
    compare("as scaling factor of its VAE", refiner.vae.scaling_factor, model.vae.scaling_factor);
  }
}

void check_goes_with(const Settings& settings, const ModelInfo& refiner) {
  if (settings.mask)
    refuse("--mask", "--refiner takes no --mask; refine the painted picture with --model and --init-img");
  if (settings.hires) refuse("--hires-scale", "--refiner and --hires-scale do not go together; leave one out");
  const SamplerRow& sampler = *find_sampler(settings.scheduler.sampler);
  if (sampler.calls_per_step > 1) {
    refuse("--sampling-method", "sampler '" + std::string(sampler.name) +
                                    "' runs the UNet twice a step, between which --refiner can't take over; use "
                                    "euler or dpm++2m, say");
  }
  const auto branch = settings.cache.options.find("branch");
  if (branch != settings.cache.options.end() && branch->second > refiner.max_branch()) {
    refuse("--branch", "--branch " + number_text("%g", branch->second) + ": the refiner has 0 to " +
                           std::to_string(refiner.max_branch()));
  }
}

void resolve_refiner(const Request& request, const ModelInfo& model, Settings& settings) {
  if (only_refines(model) && !settings.init_picture) {
    throw UsageError("--init-img", "model " + model.name +
                                       " only refines: give it a picture with --init-img, or name it with --refiner "
                                       "beside another --model");
  }
  if (!model.refiner) {
    if (!request.refiner_start) return;
    throw UsageError("--refiner-start", "--refiner-start: there is no refiner; name its model with --refiner");
  }
  check_reads_latents_of(model, *model.refiner);
  check_goes_with(settings, *model.refiner);
  settings.refiner = {model.refiner->name, checked_start(request.refiner_start.value_or(RefinerSettings().start))};
}

// Last, since it looks at all others.
PictureSetting refiner_start() {
  return {
      .names = "--refiner-start",
      .placeholder = "X",
      .topic = "Refiner (SDXL)",
      .help = "The part of the way after which the refiner takes over. Default: 0.8.",
      .read = read_into(&Request::refiner_start),
      .resolve = resolve_refiner,
      .key = "refiner_start",
      .value =
          [](const Settings& settings) {
            return settings.refiner ? std::optional<Json>(settings.refiner->start) : std::nullopt;
          },
      .infotext = "Refiner switch at",
      .label = "refiner from",
      .batch_key =
          [](const Settings& settings) { return settings.refiner ? Json(settings.refiner->start) : Json(nullptr); }};
}

PictureSetting refiner() {
  return {.key = "refiner",
          .value =
              [](const Settings& settings) {
                return settings.refiner ? std::optional<Json>(settings.refiner->model) : std::nullopt;
              },
          .infotext = "Refiner",
          .phrase =
              [](const Settings& settings) {
                if (!settings.refiner) return std::string();
                return settings.refiner->model + " from " + number_text("%g", settings.refiner->start) + " on";
              }};
}

}  // namespace

std::vector<PictureSetting> refiner_rows() { return {refiner(), refiner_start()}; }

}  // namespace deepcache_gen
