#include "cli/options/option_table.h"

#include <algorithm>
#include <sstream>

#include "support/error.h"

namespace deepcache_gen {
namespace {

using Store = std::function<void(CommandLine&, const OptionValue&)>;

template <class Field>
Store to(Field CommandLine::*field) {
  return [field](CommandLine& line, const OptionValue& value) { read(value, line.*field); };
}

template <class Part, class Field>
Store to(Part CommandLine::*part, Field Part::*field) {
  return [part, field](CommandLine& line, const OptionValue& value) { read(value, line.*part.*field); };
}

Store to(Action action) {
  return [action](CommandLine& line, const OptionValue&) { line.action = action; };
}

Store to(Verbosity verbosity) {
  return [verbosity](CommandLine& line, const OptionValue&) {
    if (line.output.verbosity != Verbosity::normal)
      throw UsageError("--quiet and --verbose exclude each other; give one");
    line.output.verbosity = verbosity;
  };
}

void store_seed(CommandLine& line, const OptionValue& value) {
  read(value, line.seed);
  if (*line.seed < 0) line.seed.reset();
}

}  // namespace

std::vector<std::string> Option::split_names() const {
  std::vector<std::string> split;
  std::istringstream stream(names);
  for (std::string name; std::getline(stream, name, ',');) split.push_back(name);
  return split;
}

std::string Option::long_name() const {
  const std::vector<std::string> all = split_names();
  return *std::find_if(all.begin(), all.end(), [](const std::string& name) { return name.starts_with("--"); });
}

std::vector<Option> option_table() {
  using Line = CommandLine;
  using Request = GenerationRequest;
  const std::string picture = "Picture", sampling = "Sampling", caching = "Caching (DeepCache)",
                    machine = "Model and machine", output = "Output", help = "Help";
  return {
      {"-p,--prompt", "TEXT", picture, "What the picture shows. Required.", to(&Line::request, &Request::prompt)},
      {"-n,--negative-prompt", "TEXT", picture, "What the picture should not show. Default: none.",
       to(&Line::request, &Request::negative_prompt)},
      {"-W,--width", "PIXELS", picture, "Divisible by 8. Default: the model's.", to(&Line::request, &Request::width)},
      {"-H,--height", "PIXELS", picture, "Divisible by 8. Default: the model's.", to(&Line::request, &Request::height)},
      {"-s,--seed", "N", picture,
       "Seed of the first image; image k has seed N + k. Default, and when negative: random.", store_seed},
      {"-b,--batch-count", "N", picture, "Images to make. Default: 1.", to(&Line::request, &Request::image_count)},

      {"--steps", "N", sampling, "Denoising steps. Default: the model's.", to(&Line::request, &Request::steps)},
      {"--cfg-scale,--guidance-scale", "X", sampling,
       "How strictly to follow the prompt; 1 and below turn guidance off. Default: the model's.",
       to(&Line::request, &Request::guidance_scale)},
      {"--sampling-method,--sampler", "NAME", sampling, "pndm, ddim, euler, euler_a or dpm++2m. Default: the model's.",
       to(&Line::request, &Request::sampler)},
      {"--scheduler", "NAME", sampling, "Sigma schedule: discrete or karras. Default: the model's.",
       to(&Line::request, &Request::sigma_schedule)},

      {"--interval,--cache-interval", "N", caching,
       "Run the whole UNet on every N-th step and only its outer part on the others; 1 turns caching off. Default: the "
       "model's.",
       to(&Line::request, &Request::interval)},
      {"--branch,--cache-branch-id", "K", caching,
       "How deep a cached step goes: 0 is the fastest, the largest the closest to no caching. Default: the model's.",
       to(&Line::request, &Request::branch)},

      {"-m,--model", "DIR", machine, "Model folder. Default: the model that comes with the program.", to(&Line::model)},
      {"--device", "NAME", machine, "auto, cpu, cuda or cuda:N. Default: auto, a GPU if there is one.",
       to(&Line::execution, &ExecutionOptions::device)},
      {"--dtype", "NAME", machine,
       "auto, fp32, fp16 or bf16. Default: auto, bf16 on a CPU that multiplies it, fp32 on others, the model's on a "
       "GPU.",
       to(&Line::execution, &ExecutionOptions::dtype)},
      {"-t,--threads", "N", machine, "CPU threads. Default: one per physical core.",
       to(&Line::execution, &ExecutionOptions::threads)},
      {"--batch-size", "N", machine, "Most images in one UNet call. Default: as many as memory allows.",
       to(&Line::request, &Request::batch_size)},

      {"-o,--output", "PATH", output,
       "x.png (several images: x_000.png, x_001.png, ...); a pattern such as out/%03d.png; or a folder, existing or "
       "ending in /, for SEED.png in it. Parent folders are made. Default: deepcache-gen-SEED.png.",
       to(&Line::output, &OutputOptions::images)},
      {"--json", "", output, "One JSON object a line on stdout for each image, instead of its path.",
       to(&Line::output, &OutputOptions::json), true},
      {"--save-latents", "FILE", output, "Also write the final latents, N x channels x height x width, as .npy.",
       to(&Line::output, &OutputOptions::latents)},
      {"--plan", "", output, "Print every step (timestep, sigma, full or cached) and make nothing.", to(Action::plan)},
      {"-q,--quiet", "", output, "Only errors and warnings on stderr.", to(Verbosity::quiet)},
      {"-v,--verbose", "", output, "Also timings, and where it runs.", to(Verbosity::verbose)},

      {"--version", "", help, "Print the version.", to(Action::version), true},
      {"-h,--help", "", help, "Print this page.", to(Action::help), true},
  };
}

}  // namespace deepcache_gen
