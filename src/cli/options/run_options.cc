#include "cli/options/option_rows.h"
#include "image/picture_file.h"
#include "support/error.h"

namespace deepcache_gen {
namespace {

using Line = CommandLine;

Store to(Action action) {
  return [action](CommandLine& line, const OptionValue&) { line.action = action; };
}

Store to(Verbosity verbosity) {
  return [verbosity](CommandLine& line, const OptionValue&) { line.messages.verbosity = verbosity; };
}

Store to_quality() {
  return [](CommandLine& line, const OptionValue& value) {
    read(value, line.picture.quality);
    checked_whole("--quality", *line.picture.quality, 1, 100);
  };
}

void add_machine(std::vector<Option>& table) {
  Topic topic(table, "Model and machine", kSampling);
  topic
      .add("-m,--model", "MODEL", "Model folder or name (see models). Default: the model that comes with the program.",
           to(&Line::model))
      .common()
      .takes(Takes::model);
  topic
      .add("--refiner", "MODEL", "Model folder or name of a refiner (SDXL), which takes over for the last timesteps.",
           to(&Line::refiner))
      .takes(Takes::model);
  topic
      .add(
          "--vae,--taesd", "MODEL",
          "Model folder or name whose VAE is used instead of the model's own; a small one such as TAESD makes pictures "
          "of latents in a fraction of the time.",
          to(&Line::vae))
      .takes(Takes::model);
  topic.add("--auto-export", "",
            "What -m, --vae or --refiner names may be a checkpoint, a diffusers folder or a hub id: it is exported "
            "first, and found again the next time.",
            to(&Line::auto_export));
  topic
      .add("--models-dir", "DIR", "Where names of models are looked up first, and where export writes.",
           to(&Line::models_folder))
      .takes(Takes::folder)
      .also_for({Action::models, Action::inspect, Action::export_model});
  topic
      .add("--device", "NAME", "auto, cpu, cuda or cuda:N. Default: auto, a GPU if there is one.",
           to(&Line::execution, &ExecutionOptions::device))
      .common()
      .one_of({"auto", "cpu", "cuda"})
      .not_with("--devices");
  topic
      .add("--devices", "LIST",
           "Devices that work at the same time, 0,1 or cuda:0,cuda:1: each takes the next batch when it is free.",
           to(&Line::devices))
      .only_for(kMaking)
      .not_with("--device");
  topic
      .add(
          "--dtype", "NAME",
          "auto, fp32, fp16 or bf16. Default: auto, bf16 on a CPU that is faster in it, fp32 on others, the model's on "
          "a GPU.",
          to(&Line::execution, &ExecutionOptions::dtype))
      .one_of({"auto", "fp32", "fp16", "bf16"});
  topic.add("--tf32", "", "fp32 on a GPU multiplies in TensorFloat-32: faster, but with about 3 decimal digits.",
            to(&Line::execution, &ExecutionOptions::tf32));
  topic.add("--cudnn-benchmark", "",
            "On a GPU, cuDNN times its algorithms first and takes the fastest: maybe faster, but another run may take "
            "others, and its pictures differ in single bits.",
            to(&Line::execution, &ExecutionOptions::cudnn_benchmark));
  topic.add(
      "--no-cuda-graphs", "",
      "On a GPU, hand it every kernel of a UNet call anew instead of recording the call once and playing it. Slower; "
      "to find out what is wrong.",
      to(&Line::execution, &ExecutionOptions::no_cuda_graphs));
  topic.add("-t,--threads", "N",
            "CPU threads. Default: $OMP_NUM_THREADS, or one per physical core that a container's CPU quota allows.",
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
           "x.png, x.jpg, x.webp (several: x_000.png, ...); a pattern such as out/%03d.png; or a "
           "folder, existing or ending in /. Default: deepcache-gen-SEED.png.",
           to(&Line::picture, &PictureRequest::output))
      .common()
      .per_picture()
      .takes(Takes::file);
  topic
      .add("--quality", "N",
           "Of a JPEG or WebP, 1 to 100; a WebP of 100 is lossless. No reason for --resume to make a picture again. "
           "Default: " +
               std::to_string(kUsualQuality) + ".",
           to_quality())
      .per_picture();
  topic
      .add("--resume", "", "Skip what is there with the same parameters; make the rest.",
           to(&Line::output, &OutputOptions::resume))
      .common();
  topic
      .add("--overwrite", "", "Replace files that hold something else; without it they stop the run before it begins.",
           to(&Line::output, &OutputOptions::overwrite))
      .common()
      .also_for({Action::compare});
  topic
      .add("--json", "", "JSON on stdout instead of text; for pictures one object a line.",
           to(&Line::output, &OutputOptions::json))
      .common()
      .also_for({Action::compare, Action::tune, Action::models, Action::inspect, Action::samplers, Action::version})
      .not_with("--markdown");
  topic.add("--markdown", "", "Tables in Markdown instead of text.", to(&Line::output, &OutputOptions::markdown))
      .only_for({Action::samplers, Action::man})
      .not_with("--json");
  topic
      .add("--save-latents", "FILE", "Also write the final latents, N x channels x height x width, as .npy.",
           to(&Line::output, &OutputOptions::latents))
      .takes(Takes::file);
  topic
      .add("--trace", "FILE",
           "One JSON object a line for every step: kind, milliseconds, how far latents and deep feature moved. A file "
           "that is there is begun anew.",
           to(&Line::output, &OutputOptions::trace))
      .takes(Takes::file);
  topic
      .add("--profile", "FILE",
           "A timeline of what the processor and the GPU did, for ui.perfetto.dev or chrome://tracing. It is for a "
           "few pictures: they take longer, and the file has some 200 bytes for every operator.",
           to(&Line::output, &OutputOptions::profile))
      .also_for({Action::bench})
      .takes(Takes::file);
  topic
      .add("--preview", "FILE",
           "A small PNG of the picture in the making, replaced as it takes shape; of a batch, side by side.",
           to(&Line::output, &OutputOptions::preview))
      .takes(Takes::file);
  topic.add("--preview-every", "K", "Steps from one preview to the next. Default: 5.",
            to(&Line::output, &OutputOptions::preview_every));
  topic.add("--plan", "", "Print every step, and make nothing.", to(Action::plan)).common();
}

void add_messages(std::vector<Option>& table) {
  Topic topic(table, "Messages", kSampling);
  topic.add("-q,--quiet", "", "Only errors and warnings on stderr.", to(Verbosity::quiet))
      .common()
      .not_with("--verbose");
  topic.add("-v,--verbose", "", "Also timings, and where it runs.", to(Verbosity::verbose))
      .common()
      .not_with("--quiet");
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

}  // namespace

void add_run_options(std::vector<Option>& table) {
  add_machine(table);
  add_output(table);
  add_messages(table);
  add_export_options(table);
  add_help(table);
}

}  // namespace deepcache_gen
