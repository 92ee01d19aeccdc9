#include "cli/options/option_rows.h"
#include "schedulers/sampler_rows.h"

namespace deepcache_gen {
namespace {

using Line = CommandLine;
using Request = GenerationRequest;

void store_seed(CommandLine& line, const OptionValue& value) {
  read(value, line.picture.seed);
  if (*line.picture.seed < 0) line.picture.seed.reset();
}

std::string sampler_of(const ModelInfo& model) {
  return model.defaults.sampler.value_or(model.scheduler.string("sampler"));
}

// "euler, ddim or pndm"
std::string alternatives(const std::vector<std::string>& names) {
  std::string text = names.front();
  for (std::size_t i = 1; i < names.size(); ++i) text += (i + 1 < names.size() ? ", " : " or ") + names[i];
  return text;
}

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
  topic.add("--sampling-method,--sampler", "NAME", alternatives(sampler_names()) + ".", to(&Request::sampler))
      .common()
      .per_picture()
      .one_of(sampler_names())
      .of_model(sampler_of);
  topic
      .add("--scheduler", "NAME", "Sigma schedule: " + alternatives(sigma_schedule_names()) + ".",
           to(&Request::sigma_schedule))
      .per_picture()
      .one_of(sigma_schedule_names())
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

}  // namespace

void add_picture_options(std::vector<Option>& table) {
  add_picture(table);
  add_prompt_list(table);
  add_sampling(table);
  add_caching(table);
}

}  // namespace deepcache_gen
