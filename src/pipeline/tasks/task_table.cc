#include "pipeline/tasks/task_table.h"

#include <algorithm>
#include <array>

#include "schedulers/sampler_rows.h"
#include "schedulers/step_plan.h"

namespace deepcache_gen {

// The rows, each in the file of its name.
PictureTask refined();
PictureTask hires();
PictureTask inpainting();
PictureTask image_to_image();
PictureTask text_to_image();

std::span<const PictureTask> task_table() {
  static const std::array tasks{
      refined(), hires(), inpainting(), image_to_image(), text_to_image(),
  };
  return tasks;
}

const PictureTask& task_of(const GenerationSettings& settings) {
  const std::span<const PictureTask> tasks = task_table();
  return *std::find_if(tasks.begin(), tasks.end(),
                       [&](const PictureTask& task) { return task.is_asked_for(settings); });
}

namespace {

// What is read of it: its scheduler and VAE are not.
void add_refiner(ModelIdentity& identity, const ModelInfo& refiner) {
  std::vector<std::string> roles{kUNet};
  for (const auto& [role, encoder] : refiner.text_encoders) roles.push_back(role);
  ModelIdentity own = identity_of(refiner, roles);
  for (auto& [name, file] : own.parts) identity.parts["refiner_" + name] = std::move(file);
  for (const char* unread : {"scheduler", "scaling_factor", "latents_mean", "latents_std"}) own.settings.erase(unread);
  identity.settings["refiner"] = std::move(own.settings);
}

}  // namespace

std::shared_ptr<const ModelIdentity> ModelIdentities::of(const GenerationSettings& settings) {
  std::vector<std::string> roles = task_of(settings).reads(settings, model_);
  std::shared_ptr<const ModelIdentity>& known = by_roles_[roles];
  if (known) return known;
  ModelIdentity identity = identity_of(model_, roles);
  if (settings.refiner) add_refiner(identity, *model_.refiner);
  return known = std::make_shared<const ModelIdentity>(std::move(identity));
}

Pass plan_pass(const GenerationSettings& settings, int steps, const std::function<bool(const Step&)>& is_wanted) {
  const std::vector<Step> way = plan_steps(settings.scheduler, steps);
  Pass pass{.width = settings.width, .height = settings.height, .steps = steps, .way = static_cast<int>(way.size())};
  for (const Step& step : way) {
    if (!is_wanted || is_wanted(step)) pass.calls.push_back({step.index, step.timestep, step.sigma});
  }
  return pass;
}

Pass pass_of_strength(const GenerationSettings& settings, int steps, double strength) {
  // The product of the two as they are in binary: 50 * 0.58 makes 28.
  const int left_out = steps - std::min(static_cast<int>(steps * strength), steps);
  const int first_call = left_out * find_sampler(settings.scheduler.sampler)->calls_per_step;
  return plan_pass(settings, steps, [first_call](const Step& step) { return step.index >= first_call; });
}

std::vector<std::string> parts_of_any_picture(const ModelInfo& model) {
  std::vector<std::string> roles{kUNet, kVaeDecoder};
  for (const auto& [role, encoder] : model.text_encoders) roles.push_back(role);
  return roles;
}

std::vector<std::string> parts_of_picture_input(const ModelInfo& model) {
  std::vector<std::string> roles = parts_of_any_picture(model);
  roles.push_back(kVaeEncoder);
  return roles;
}

GenerationPlan plan_generation(const GenerationSettings& settings) {
  GenerationPlan plan{settings, task_of(settings).plan(settings)};
  for (Pass& pass : plan.passes) {
    const auto number = static_cast<int>(&pass - plan.passes.data());
    const auto count = static_cast<int>(pass.calls.size());
    const int first = pass.calls.empty() ? 0 : pass.calls.front().index;
    const std::vector<Choice> choices = choose_calls(settings.cache, {count, number, first, pass.way});
    for (std::size_t i = 0; i < choices.size(); ++i) pass.calls[i].choice = choices[i];
  }
  return plan;
}

}  // namespace deepcache_gen
