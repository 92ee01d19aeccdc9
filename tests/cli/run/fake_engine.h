#pragma once

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "cli/output/example_run.h"
#include "pipeline/engine.h"

namespace deepcache_gen {

/// An engine without a model: it makes the example image for every job, and remembers the batches it was given.
class FakeEngine : public Engine {
 public:
  explicit FakeEngine(int most) : most_(most) {}

  /// What happens before a batch is made; it may throw.
  std::function<void(const std::vector<ImageJob>&)> before_batch = [](const auto&) {};
  /// Why this image can't be made; empty where it can.
  std::function<std::string(const ImageJob&)> problem = [](const auto&) { return ""; };

  std::string device = example_run().engine.device;

  EngineFacts facts() const override {
    EngineFacts facts = example_run().engine;
    facts.device = device;
    return facts;
  }
  int batch_size(const GenerationSettings&) const override { return most_; }
  /// How long a prompt is.
  std::function<std::vector<std::size_t>(const std::string&)> length_of = [](const auto&) {
    return std::vector<std::size_t>{};
  };
  std::vector<std::size_t> prompt_lengths(const GenerationSettings& settings) const override {
    return length_of(settings.prompt);
  }

  void generate(const std::vector<ImageJob>& batch, Observer& observer) const override {
    std::vector<std::string> prompts;
    for (const ImageJob& job : batch) prompts.push_back(job.plan->settings.prompt);
    batches_.push_back(prompts);
    before_batch(batch);
    if (observer.curiosity().preview_every > 0) observer.on_preview(example_image().image);
    for (std::size_t i = 0; i < batch.size(); ++i) {
      const std::string why = problem(batch[i]);
      if (!why.empty()) {
        observer.on_failure(i, Error(why));
        continue;
      }
      GeneratedImage image = example_image(batch[i].index);
      image.seed = batch[i].seed();
      observer.on_image(i, std::move(image));
    }
  }

  /// The prompts of each batch so far.
  const std::vector<std::vector<std::string>>& batches() const { return batches_; }

 private:
  int most_;
  mutable std::vector<std::vector<std::string>> batches_;
};

/// Is another engine, which the test keeps.
class BorrowedEngine : public Engine {
 public:
  explicit BorrowedEngine(const Engine& engine) : engine_(engine) {}

  EngineFacts facts() const override { return engine_.facts(); }
  int batch_size(const GenerationSettings& settings) const override { return engine_.batch_size(settings); }
  std::vector<std::size_t> prompt_lengths(const GenerationSettings& settings) const override {
    return engine_.prompt_lengths(settings);
  }
  void generate(const std::vector<ImageJob>& batch, Observer& observer) const override {
    engine_.generate(batch, observer);
  }

 private:
  const Engine& engine_;
};

/// A vector of one, for what can't be copied.
template <class Interface>
std::vector<std::unique_ptr<Interface>> alone(std::unique_ptr<Interface> one) {
  std::vector<std::unique_ptr<Interface>> all;
  all.push_back(std::move(one));
  return all;
}

}  // namespace deepcache_gen
