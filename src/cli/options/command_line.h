#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "backend/execution_options.h"
#include "caching/cache_spec.h"
#include "pipeline/request.h"

namespace deepcache_gen {

/// The devices that work at the same time, at least one: each cpu or cuda:N, a GPU no more than once.
struct DeviceList {
  std::vector<std::string> names;
};

/// The part of a prompt list that one process makes: entry k (from 0) where k % count == number - 1.
struct Shard {
  int number = 1;  ///< 1..count
  int count = 1;

  bool has(int entry) const { return entry % count == number - 1; }
};

/// What the command is to do.
enum class Action {
  generate,
  plan,
  compare,
  bench,
  tune,
  export_model,
  models,
  inspect,
  samplers,
  completion,
  man,
  help,
  help_all,
  version
};

/// What goes to stderr. quiet: errors and warnings; verbose: timings and where it runs as well.
enum class Verbosity { quiet, normal, verbose };

/// The flags whose values come from a configuration file and not from the command line.
struct ConfiguredFlags {
  std::filesystem::path file;
  std::map<std::string, std::string> values;  ///< by long name; "true" for a switch

  std::filesystem::path picture;     ///< that of --from-image
  std::set<std::string> of_picture;  ///< long names of flags whose values come from it
};

/// A picture that is made again from what its file says (--from-image).
struct SourcePicture {
  std::filesystem::path file;
  std::string settings;                     ///< the JSON in it (`picture_settings`); empty: another program's
  std::vector<std::string> not_understood;  ///< names of settings in it that are left out
  std::set<std::string> decided_by_flags;   ///< keys in the JSON of settings that flags say
};

/// What is asked of the pictures of one prompt: on the command line, where it is the default of every prompt of a list,
/// or on one line of that list.
struct PictureRequest {
  GenerationRequest request;
  std::optional<std::string> output;  ///< a file, a pattern with %03d or a folder (cli/output/output_names.h)
  std::optional<int> quality;         ///< of a JPEG or WebP file, 1 to 100
  bool own_output = true;             ///< false: `output` names the pictures of a whole list
  std::optional<int> item;            ///< number in the whole list, from 0; unset: there is no list
  std::string source;                 ///< "prompts.txt:12"; empty: there is no list
  ConfiguredFlags configured;         ///< those that a configuration file has set and nothing after it
};

/// Many prompts in one run.
struct PromptListOptions {
  std::optional<std::string> file;  ///< a text or JSONL file, "-" for stdin; unset: --prompt
  bool skip_bad_lines = false;
  std::optional<Shard> shard;  ///< unset: all of the list
};

/// What happens to pictures that are there already, and where results go.
struct OutputOptions {
  bool resume = false;     ///< a picture that is there with the same parameters is not made again
  bool overwrite = false;  ///< a picture that is there with other parameters is replaced
  bool json = false;
  bool markdown = false;                         ///< a table for a page of documentation
  std::optional<std::filesystem::path> latents;  ///< .npy file of the final latents
  std::optional<std::filesystem::path> trace;    ///< JSON lines, one per UNet call
  std::optional<std::filesystem::path> preview;  ///< PNG of the pictures in the making
  int preview_every = 5;                         ///< UNet calls between two of them
  std::optional<std::filesystem::path> profile;  ///< Chrome trace of what processors and GPUs did
};

/// What is said while working.
struct MessageOptions {
  Verbosity verbosity = Verbosity::normal;
  std::optional<std::filesystem::path> log_file;  ///< gets every line of stderr with its time, and the details
};

/// Of `compare`: every interval with every branch and the policies, against no caching; all that with every sampler and
/// sigma schedule.
struct CompareOptions {
  std::vector<std::string> samplers, sigma_schedules;   ///< empty: the model's
  std::optional<std::vector<int>> intervals, branches;  ///< see `caching_to_compare` (evaluation/variation.h)
  std::vector<CacheRequest> policies;
  bool steps_baseline = false;                  ///< for each also fewer plain steps that cost as much
  std::optional<std::filesystem::path> report;  ///< a folder for one HTML page
};

/// A policy as it was asked for.
struct AskedPolicy {
  std::string text;
  CacheRequest request;
};

/// Of `bench`: every size with every batch, each with every setting.
struct BenchOptions {
  std::vector<int> sizes;  ///< pixels of a side; empty: the model's
  std::vector<int> batches{1};
  std::optional<std::vector<CacheSpec>> settings;  ///< of intervals; unset, and no policies: original, 3/0, 5/0, 5/1
  std::vector<AskedPolicy> policies;
  int rounds = 3;                   ///< how often each setting is measured
  std::string format = "markdown";  ///< markdown, json or csv
};

/// Of `tune`.
struct TuneOptions {
  std::vector<int> branches;                    ///< of cached calls that are tried; empty: the outermost ones
  int pictures = 4;                             ///< that are measured on; half as many others are checked with
  std::optional<std::filesystem::path> report;  ///< a folder for one HTML page
  std::optional<std::filesystem::path> output;  ///< a file; unset: where policies find it
};

/// Of `export`.
struct ExportOptions {
  std::string name;                ///< of the model; empty: one made of the source's
  std::vector<std::string> flags;  ///< as the exporter takes them, each in one word with its value
};

/// The command line as plain data.
struct CommandLine {
  Action action = Action::generate;
  Action help_for = Action::generate;                  ///< with `help`: whose flags are wanted
  std::optional<std::filesystem::path> model;          ///< a model folder or the name of one; unset: the embedded model
  std::optional<std::filesystem::path> refiner;        ///< a model that takes over for the last timesteps
  std::optional<std::filesystem::path> vae;            ///< likewise, whose VAE is used; unset: the model's own
  bool auto_export = false;                            ///< of these three what is none yet is made one
  std::optional<std::filesystem::path> models_folder;  ///< where names of models are looked up first
  std::optional<std::filesystem::path> config;         ///< a file of defaults; unset: the user's, if there is one
  std::optional<std::filesystem::path> from_image;     ///< a picture that is made again; other flags win
  std::optional<SourcePicture> source;                 ///< what it says
  std::string argument;  ///< of `inspect` the folder or name, of `completion` the shell, of `export` the source
  PictureRequest picture;
  PromptListOptions prompts;
  ExecutionOptions execution;
  std::optional<DeviceList> devices;  ///< instead of `execution.device`
  OutputOptions output;
  MessageOptions messages;
  CompareOptions compare;
  BenchOptions bench;
  TuneOptions tune;
  ExportOptions exporting;
};

/// Reads the arguments; `argv[0]` is skipped. Only syntax is checked here: what depends on the model is checked by
/// `resolve`. Throws `UsageError` naming the flag, the value, what is accepted and what to do.
CommandLine parse_command_line(int argc, const char* const* argv);

}  // namespace deepcache_gen
