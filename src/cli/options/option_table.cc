#include "cli/options/option_table.h"

#include <algorithm>
#include <sstream>

#include "support/error.h"

namespace deepcache_gen {
namespace {

using Store = std::function<void(CommandLine&, const OptionValue&)>;
using Actions = std::vector<Action>;

template <class Field>
Store to(Field CommandLine::*field) {
  return [field](CommandLine& line, const OptionValue& value) { read(value, line.*field); };
}

template <class Part, class Field>
Store to(Part CommandLine::*part, Field Part::*field) {
  return [part, field](CommandLine& line, const OptionValue& value) { read(value, line.*part.*field); };
}

template <class Field>
Store to(Field GenerationRequest::*field) {
  return [field](CommandLine& line, const OptionValue& value) { read(value, line.picture.request.*field); };
}

Store to(Action action) {
  return [action](CommandLine& line, const OptionValue&) { line.action = action; };
}

Store to(Verbosity verbosity) {
  return [verbosity](CommandLine& line, const OptionValue&) {
    if (line.messages.verbosity != Verbosity::normal)
      throw UsageError("--quiet and --verbose exclude each other; give one");
    line.messages.verbosity = verbosity;
  };
}

void store_seed(CommandLine& line, const OptionValue& value) {
  read(value, line.picture.seed);
  if (*line.picture.seed < 0) line.picture.seed.reset();
}

// A row that is being written.
class Row {
 public:
  explicit Row(Option& option) : option_(option) {}

  Row& common() { return set(option_.common, true); }
  Row& per_picture() { return set(option_.per_picture, true); }
  Row& of_model(std::string (*value)(const ModelInfo&)) { return set(option_.model_default, value); }
  Row& takes(Takes what) { return set(option_.takes, what); }
  Row& one_of(std::vector<std::string> words) { return set(option_.choices, std::move(words)); }
  Row& only_for(Actions actions) { return set(option_.actions, std::move(actions)); }
  Row& also_for(const Actions& actions) {
    option_.actions.insert(option_.actions.end(), actions.begin(), actions.end());
    return *this;
  }

 private:
  template <class Field>
  Row& set(Field& field, Field value) {
    field = std::move(value);
    return *this;
  }

  Option& option_;
};

// The flags of one topic, all for the same actions unless a row says otherwise.
class Topic {
 public:
  Topic(std::vector<Option>& table, std::string name, Actions actions)
      : table_(table), name_(std::move(name)), actions_(std::move(actions)) {}

  Row add(const std::string& names, const std::string& placeholder, const std::string& help, Store store) {
    return Row(table_.emplace_back(Option{names, placeholder, name_, help, std::move(store), actions_}));
  }

 private:
  std::vector<Option>& table_;
  std::string name_;
  Actions actions_;
};

std::string text_of(double number) {
  std::ostringstream text;
  text << number;
  return text.str();
}

std::string sampler_of(const ModelInfo& model) {
  return model.defaults.sampler.value_or(model.scheduler.string("sampler"));
}

using Line = CommandLine;
using Request = GenerationRequest;
const Actions kMaking{Action::generate, Action::plan};
const Actions kDrawing{Action::generate, Action::plan, Action::compare};
const Actions kSampling{Action::generate, Action::plan, Action::compare, Action::bench};
const Actions kAll{Action::generate, Action::plan,       Action::compare, Action::bench,  Action::models,
                   Action::inspect,  Action::completion, Action::man,     Action::version};

void add_picture(std::vector<Option>& table) {
  Topic topic(table, "Picture", kDrawing);
  topic.add("-p,--prompt", "TEXT", "What the picture shows.", to(&Request::prompt)).common().per_picture();
  topic
      .add("-n,--negative-prompt", "TEXT", "What the picture should not show. Default: none.",
           to(&Request::negative_prompt))
      .common()
      .per_picture();
  topic.add("-W,--width", "PIXELS", "Divisible by 8.", to(&Request::width))
      .common()
      .per_picture()
      .of_model([](const ModelInfo& model) { return text_of(model.default_width); });
  topic.add("-H,--height", "PIXELS", "Divisible by 8.", to(&Request::height))
      .common()
      .per_picture()
      .of_model([](const ModelInfo& model) { return text_of(model.default_height); });
  topic
      .add("-s,--seed", "N", "Seed of the first image; image k has seed N + k. Default, and when negative: random.",
           store_seed)
      .common()
      .per_picture();
  topic.add("-b,--batch-count", "N", "Images to make. Default: 1.", to(&Request::image_count))
      .common()
      .per_picture()
      .only_for(kMaking);
}

void add_prompt_list(std::vector<Option>& table) {
  Topic topic(table, "Many prompts", kMaking);
  topic
      .add("--prompts", "FILE",
           "One prompt a line, with flags after it as here (a red barn --seed 7 -n \"people\"), or JSON lines with the "
           "long names as keys; - is stdin, where a prompt is made as soon as its line is there.",
           to(&Line::prompts, &PromptListOptions::file))
      .common()
      .takes(Takes::file);
  topic.add("--skip-bad-lines", "", "Make the other prompts of a file in which some lines are wrong.",
            to(&Line::prompts, &PromptListOptions::skip_bad_lines));
  topic.add("--shard", "I/N", "Make only every N-th prompt of the list, from the I-th on; for several machines.",
            to(&Line::prompts, &PromptListOptions::shard));
  topic.add("--batch-size", "N",
            "Most images in one UNet call; prompts that agree in size, steps, sampler and caching share one. Default: "
            "as many as memory allows, at most 8.",
            to(&Request::batch_size));
}

void add_sampling(std::vector<Option>& table) {
  Topic topic(table, "Sampling", kSampling);
  topic.add("--steps", "N", "Denoising steps.", to(&Request::steps))
      .common()
      .per_picture()
      .of_model([](const ModelInfo& model) { return text_of(model.defaults.steps); });
  topic
      .add("--cfg-scale,--guidance-scale", "X", "How strictly to follow the prompt; 1 and below turn guidance off.",
           to(&Request::guidance_scale))
      .common()
      .per_picture()
      .of_model([](const ModelInfo& model) { return text_of(model.defaults.guidance_scale); });
  topic.add("--sampling-method,--sampler", "NAME", "pndm, ddim, euler, euler_a or dpm++2m.", to(&Request::sampler))
      .common()
      .per_picture()
      .one_of({"pndm", "ddim", "euler", "euler_a", "dpm++2m"})
      .of_model(sampler_of);
  topic.add("--scheduler", "NAME", "Sigma schedule: discrete or karras.", to(&Request::sigma_schedule))
      .per_picture()
      .one_of({"discrete", "karras"})
      .of_model([](const ModelInfo& model) { return model.scheduler.string("sigma_schedule"); });
}

void add_caching(std::vector<Option>& table) {
  Topic topic(table, "Caching (DeepCache)", kMaking);
  topic
      .add("--interval,--cache-interval", "N",
           "Run the whole UNet on every N-th step and only its outer part on the others; 1 turns caching off.",
           to(&Request::interval))
      .common()
      .per_picture()
      .of_model([](const ModelInfo& model) { return text_of(model.defaults.interval); });
  topic
      .add("--branch,--cache-branch-id", "K",
           "How deep a cached step goes: 0 is the fastest, the largest the closest to no caching.",
           to(&Request::branch))
      .common()
      .per_picture()
      .of_model([](const ModelInfo& model) { return text_of(model.defaults.branch); });
}

void add_compare(std::vector<Option>& table) {
  Topic topic(table, "Comparison (compare)", {Action::compare});
  topic.add("--interval,--cache-interval", "LIST", "Intervals to compare with no caching. Default: 3,5.",
            to(&Line::compare, &CompareOptions::intervals));
  topic.add("--branch,--cache-branch-id", "LIST", "Branches to try with every interval. Default: 0,1.",
            to(&Line::compare, &CompareOptions::branches));
  topic
      .add("-o,--output", "DIR", "Folder for the pictures and contact-sheet.png. Default: comparison.",
           to(&Line::picture, &PictureOptions::output))
      .takes(Takes::folder);
  topic
      .add("--report", "DIR", "Also write DIR/index.html: one page with pictures, slider, table and chart.",
           to(&Line::compare, &CompareOptions::report))
      .takes(Takes::folder);
}

void add_bench(std::vector<Option>& table) {
  Topic topic(table, "Measurement (bench)", {Action::bench});
  topic.add("--size", "LIST", "Sides of square pictures in pixels, as 512,768.", to(&Line::bench, &BenchOptions::sizes))
      .of_model([](const ModelInfo& model) { return text_of(model.default_width); });
  topic.add("--batch", "LIST", "Images in a UNet call, as 8,4,1. Default: 1.",
            to(&Line::bench, &BenchOptions::batches));
  topic.add("--settings", "LIST", "Cache settings as INTERVAL/BRANCH. Default: original,3/0,5/0,5/1.",
            to(&Line::bench, &BenchOptions::settings));
  topic.add("--rounds", "N", "How often each setting is measured, in turns. Default: 3.",
            to(&Line::bench, &BenchOptions::rounds));
  topic.add("--format", "NAME", "markdown, json or csv. Default: markdown.", to(&Line::bench, &BenchOptions::format))
      .one_of({"markdown", "json", "csv"});
}

void add_machine(std::vector<Option>& table) {
  Topic topic(table, "Model and machine", kSampling);
  topic
      .add("-m,--model", "MODEL", "Model folder or name (see models). Default: the model that comes with the program.",
           to(&Line::model))
      .common()
      .takes(Takes::model);
  topic.add("--models-dir", "DIR", "Where names of models are looked up first.", to(&Line::models_folder))
      .takes(Takes::folder)
      .also_for({Action::models, Action::inspect});
  topic
      .add("--device", "NAME", "auto, cpu, cuda or cuda:N. Default: auto, a GPU if there is one.",
           to(&Line::execution, &ExecutionOptions::device))
      .common()
      .one_of({"auto", "cpu", "cuda"});
  topic
      .add("--dtype", "NAME",
           "auto, fp32, fp16 or bf16. Default: auto, bf16 on a CPU that multiplies it, fp32 on others, the model's on "
           "a GPU.",
           to(&Line::execution, &ExecutionOptions::dtype))
      .one_of({"auto", "fp32", "fp16", "bf16"});
  topic.add("-t,--threads", "N", "CPU threads. Default: one per physical core.",
            to(&Line::execution, &ExecutionOptions::threads));
  topic
      .add("--config", "FILE",
           "Flags as NAME = VALUE in TOML; flags on the command line win. Default: deepcache-gen/config.toml in "
           "$XDG_CONFIG_HOME or ~/.config, if it is there.",
           to(&Line::config))
      .takes(Takes::file)
      .also_for({Action::models, Action::inspect});
}

void add_output(std::vector<Option>& table) {
  Topic topic(table, "Output", kMaking);
  topic
      .add("-o,--output", "PATH",
           "x.png (several images: x_000.png, x_001.png, ...); a pattern such as out/%03d.png; or a folder, existing "
           "or ending in /. Default: deepcache-gen-SEED.png.",
           to(&Line::picture, &PictureOptions::output))
      .common()
      .per_picture()
      .takes(Takes::file);
  topic
      .add("--resume", "", "Skip pictures that are there with the same parameters; make the rest.",
           to(&Line::output, &OutputOptions::resume))
      .common();
  topic
      .add("--overwrite", "", "Replace files that hold something else; without it they stop the run before it begins.",
           to(&Line::output, &OutputOptions::overwrite))
      .common()
      .also_for({Action::compare});
  topic
      .add("--json", "", "JSON on stdout instead of text: for pictures one object a line.",
           to(&Line::output, &OutputOptions::json))
      .common()
      .also_for({Action::compare, Action::models, Action::inspect, Action::version});
  topic
      .add("--save-latents", "FILE", "Also write the final latents, N x channels x height x width, as .npy.",
           to(&Line::output, &OutputOptions::latents))
      .takes(Takes::file);
  topic
      .add("--trace", "FILE",
           "One JSON object a line for every step: kind, milliseconds, how far latents and deep feature moved.",
           to(&Line::output, &OutputOptions::trace))
      .takes(Takes::file);
  topic.add("--plan", "", "Print every step (timestep, sigma, full or cached) and make nothing.", to(Action::plan))
      .common();
}

void add_messages(std::vector<Option>& table) {
  Topic topic(table, "Messages", kSampling);
  topic.add("-q,--quiet", "", "Only errors and warnings on stderr.", to(Verbosity::quiet)).common();
  topic.add("-v,--verbose", "", "Also timings, and where it runs.", to(Verbosity::verbose)).common();
  topic
      .add("--log-file", "FILE", "Append all messages, with time and details, to a file.",
           to(&Line::messages, &MessageOptions::log_file))
      .takes(Takes::file);
}

void add_help(std::vector<Option>& table) {
  Topic topic(table, "Help", kAll);
  topic.add("-h,--help", "", "Print the usual flags.", to(Action::help));
  topic.add("--help-all", "", "Print all flags, with their defaults.", to(Action::help_all));
  topic.add("--version", "", "Print the version; with --json also of the libraries.", to(Action::version));
}

bool is_called(const Option& option, const std::string& name) {
  const std::vector<std::string> names = option.split_names();
  return std::find(names.begin(), names.end(), name) != names.end();
}

template <class Accept>
const Option* find_first(const std::vector<Option>& options, Accept accept) {
  const auto found = std::find_if(options.begin(), options.end(), accept);
  return found == options.end() ? nullptr : &*found;
}

}  // namespace

bool Option::applies_to(Action action) const {
  return std::find(actions.begin(), actions.end(), action) != actions.end();
}

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
  std::vector<Option> table;
  for (const auto add : {add_picture, add_prompt_list, add_sampling, add_caching, add_compare, add_bench, add_machine,
                         add_output, add_messages, add_help}) {
    add(table);
  }
  return table;
}

const Option* find_option(const std::vector<Option>& options, const std::string& name, Action action) {
  return find_first(options, [&](const Option& o) { return o.applies_to(action) && is_called(o, name); });
}

const Option* find_option(const std::vector<Option>& options, const std::string& name) {
  return find_first(options, [&](const Option& o) { return is_called(o, name); });
}

}  // namespace deepcache_gen
