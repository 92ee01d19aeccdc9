#include "cli/commands/engines.h"

#include <algorithm>
#include <exception>
#include <future>
#include <new>
#include <utility>

#include "backend/memory_nodes.h"
#include "cli/terminal/progress_text.h"
#include "pipeline/pipeline.h"

namespace deepcache_gen {
namespace {

using Loading = std::future<std::unique_ptr<Engine>>;

// A lone device is loaded by this thread: OpenMP begins a team for every thread that computes.
std::vector<Loading> begin_loading(const VerifiedModel& model, const std::vector<ExecutionOptions>& devices) {
  const auto where = devices.size() == 1 ? std::launch::deferred : std::launch::async;
  std::vector<Loading> loadings;
  for (const ExecutionOptions& device : devices) {
    loadings.push_back(std::async(
        where, [&model, device]() -> std::unique_ptr<Engine> { return std::make_unique<Pipeline>(model, device); }));
  }
  return loadings;
}

void say_loaded(const Engine& engine, const ModelInfo& model, const Messages& messages) {
  const EngineFacts facts = engine.facts();
  messages.detail("loaded " + model.folder.string() + " in " + seconds_text(facts.load_seconds) + ", runs on " +
                  facts.device + " in " + facts.dtype + ", " + facts.threads);
}

std::string reason(const std::exception_ptr& problem) {
  try {
    std::rethrow_exception(problem);
  } catch (const std::bad_alloc&) {
    return "out of memory";
  } catch (const std::exception& error) {
    return error.what();
  }
}

void say_nodes(const std::vector<std::unique_ptr<Engine>>& engines, const Messages& messages) {
  const std::size_t nodes = memory_nodes_in_use().size();
  if (nodes < 2 || engines.front()->facts().device != "cpu") return;
  messages.note(
      "the processors have " + std::to_string(nodes) +
      " memory nodes (NUMA), and some of the weights lie far from each; a process on each makes more pictures: "
      "numactl --cpunodebind=N --membind=N deepcache-gen --shard ...");
}

}  // namespace

std::vector<ExecutionOptions> execution_of_each_device(const CommandLine& line) {
  if (!line.devices) return {line.execution};
  const std::vector<std::string>& names = line.devices->names;
  std::vector<ExecutionOptions> devices;
  for (const std::string& name : names) {
    ExecutionOptions device = line.execution;
    device.device = name;
    device.engines_on_cpu =
        static_cast<int>(std::max<std::ptrdiff_t>(1, std::count(names.begin(), names.end(), "cpu")));
    devices.push_back(device);
  }
  return devices;
}

std::vector<std::unique_ptr<Engine>> load_engines(const ModelInfo& model, const CommandLine& line,
                                                  const Messages& messages) {
  const std::vector<ExecutionOptions> devices = execution_of_each_device(line);
  const VerifiedModel verified(model);
  std::vector<Loading> loadings = begin_loading(verified, devices);
  std::vector<std::unique_ptr<Engine>> engines;
  std::vector<std::pair<std::string, std::exception_ptr>> problems;
  for (std::size_t i = 0; i < devices.size(); ++i) {
    try {
      engines.push_back(loadings[i].get());
      say_loaded(*engines.back(), model, messages);
    } catch (...) {
      problems.emplace_back(devices[i].device, std::current_exception());
    }
  }
  if (engines.empty()) std::rethrow_exception(problems.front().second);
  for (const auto& [device, problem] : problems) {
    messages.warning(device + " can't be used (" + reason(problem) + "); the run goes on without it");
  }
  say_nodes(engines, messages);
  return engines;
}

}  // namespace deepcache_gen
