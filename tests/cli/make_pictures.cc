// make_pictures FLAG…: makes the pictures of one prompt after the other with a model that stays loaded, for the parity
// tests, which ask for hundreds of a few models. The flags are the program's for a whole run. A line of stdin is a JSON
// list, the .npy file for the final latents and then flags for one prompt; the answer is a JSON object with what the
// program would print (`results`), or with the `error`.

#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <vector>

#include "backend/barrier_waiting.h"
#include "backend/heap.h"
#include "backend/library_warnings.h"
#include "cli/commands/commands.h"
#include "cli/commands/engines.h"
#include "cli/commands/picture_planner.h"
#include "cli/prompts/prompt_flags.h"
#include "cli/run/picture_run.h"
#include "support/error.h"

namespace deepcache_gen {
namespace {

using Json = nlohmann::json;

// A run ends with its engines.
class LentEngine : public Engine {
 public:
  explicit LentEngine(const Engine& engine) : engine_(engine) {}

  EngineFacts facts() const override { return engine_.facts(); }
  int batch_size(const GenerationSettings& settings) const override { return engine_.batch_size(settings); }
  std::vector<std::size_t> prompt_lengths(const GenerationSettings& settings) const override {
    return engine_.prompt_lengths(settings);
  }
  void check(const GenerationSettings& settings) const override { engine_.check(settings); }
  void generate(const std::vector<ImageJob>& batch, Observer& observer) const override {
    engine_.generate(batch, observer);
  }

 private:
  const Engine& engine_;
};

class PictureMaker {
 public:
  explicit PictureMaker(const CommandLine& line)
      : line_(line), messages_(std::cerr, line.messages), model_(chosen_model(line)) {
    engine_ = std::move(load_engines(model_, line_, messages_).front());
  }

  std::string make(const std::vector<std::string>& words) const {
    OutputOptions output = line_.output;
    output.latents = words.at(0);
    std::ostringstream results;
    PictureReport report(output, Results(results));
    StepFiles step_files(output, model_);
    std::vector<std::unique_ptr<Engine>> engines;
    engines.push_back(std::make_unique<LentEngine>(*engine_));
    PictureRun run(std::move(engines), make_progress(Verbosity::quiet),
                   {report, step_files, messages_, [] { return false; }}, {});
    run.make_all(planned({words.begin() + 1, words.end()}), nullptr, [] {});
    return results.str();
  }

 private:
  PictureQueue planned(const std::vector<std::string>& flags) const {
    PictureRequest request = line_.picture;
    read_picture_flags(flags, request);
    PictureQueue queue;
    for (Picture& picture : make_planner(line_, model_).plan(request)) {
      engine_->check(picture.settings());
      queue.add(std::move(picture));
    }
    return queue;
  }

  CommandLine line_;
  Messages messages_;
  ModelInfo model_;
  std::unique_ptr<Engine> engine_;
};

Json answer(const PictureMaker& maker, const std::string& line) {
  try {
    return {{"results", maker.make(Json::parse(line).get<std::vector<std::string>>())}};
  } catch (const Error& error) {
    return {{"error", error.what()}};
  }
}

void answer_all(const CommandLine& line) {
  keep_freed_memory();
  silence_library_warnings();
  const BarrierWaiting waiting;
  const PictureMaker maker(line);
  for (std::string asked; std::getline(std::cin, asked);) std::cout << answer(maker, asked) << std::endl;
}

}  // namespace
}  // namespace deepcache_gen

int main(int argc, char** argv) {
  try {
    deepcache_gen::answer_all(deepcache_gen::parse_command_line(argc, argv));
  } catch (const deepcache_gen::Error& error) {
    std::cerr << error.what() << std::endl;
    return 1;
  }
}
