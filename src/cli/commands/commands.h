#pragma once

#include <filesystem>
#include <vector>

#include "cli/options/command_line.h"
#include "cli/terminal/standard_streams.h"
#include "model/model_info.h"

namespace deepcache_gen {

/// Does what the command line says; one file of this folder does each action. Throws `UsageError`, `Error` or
/// `Interrupted`, which decide the exit status.
void run_command(CommandLine line, const Results& results);

/// Makes the pictures of --prompt or of --prompts and prints their paths or records. Throws `UsageError` before
/// anything is made where something is not accepted, `Error` at the end where pictures could not be made, `Interrupted`
/// after Ctrl-C.
void generate(const CommandLine& line, const Results& results);

/// Prints every step of every prompt and makes nothing (--plan). Throws `UsageError` as `generate` does.
void print_plans(const CommandLine& line, const Results& results);

/// Makes one picture without caching and with every setting asked for, writes them, and prints how they differ in time
/// and in what they show. Throws as `generate` does.
void compare(const CommandLine& line, const Results& results);

/// Measures every size and batch with every cache setting and prints a table. Throws `UsageError` before anything is
/// measured, `Error` at the end where something could not be, `Interrupted` after what was measured is printed.
void bench(const CommandLine& line, const Results& results);

/// Measures what caching does to the model's pictures, finds the best cache policies, checks them, and writes what
/// curve and budget follow. Throws `UsageError` before anything is measured, `Interrupted` after what was measured is
/// kept.
void tune(const CommandLine& line, const Results& results);

/// Turns this process into the exporter, which makes a model of a checkpoint, a diffusers folder or a hub id. Throws
/// `UsageError` where the name is not accepted or taken, `Error` where there is no exporter or nowhere to write.
void export_model(const CommandLine& line);

/// With --auto-export, or after a yes at a terminal, exports what --model, --vae and --refiner name if they are no
/// models yet, and puts the models' folders in their place; all else stays as it is. To be called before the process
/// has a second thread. Throws `Error` where the export fails, `Interrupted` after Ctrl-C.
void export_named_models(CommandLine& line);

/// Prints the models that -m takes by name; one that can't be used is listed with its problem.
void list_models(const CommandLine& line, const Results& results);

/// Prints what a model is. Throws `Error` where it can't be used or a file has changed.
void inspect(const CommandLine& line, const Results& results);

/// Prints what a file of weights is: a LoRA, an embedding, a checkpoint. Throws `Error` where it can't be read.
void inspect_file(const CommandLine& line, const Results& results);

/// Prints the samplers and the sigma schedules.
void list_samplers(const CommandLine& line, const Results& results);

/// Prints the version, with --json also those of the libraries and what the processor can do.
void print_version(const CommandLine& line, const Results& results);

/// Where names of models are looked up (`model_search_path`). Throws `UsageError` where --models-dir is no folder.
std::vector<std::filesystem::path> places_of_models(const CommandLine& line);

/// The model of --model, or the embedded one, with the refiner of --refiner. Throws `Error` where it can't be used.
ModelInfo chosen_model(const CommandLine& line);

}  // namespace deepcache_gen
