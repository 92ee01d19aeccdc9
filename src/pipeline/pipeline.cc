#include "pipeline/pipeline.h"

#include <ATen/core/grad_mode.h>
#include <c10/core/InferenceMode.h>
#include <c10/core/StreamGuard.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "backend/cuda_plugin.h"
#include "backend/cuda_settings.h"
#include "backend/foreign_errors.h"
#include "backend/free_memory.h"
#include "backend/heap.h"
#include "backend/threads.h"
#include "backend/work_stream.h"
#include "pipeline/applied_loras.h"
#include "pipeline/batch_generation.h"
#include "pipeline/batch_size.h"
#include "pipeline/loaded_model.h"
#include "pipeline/picture_calibration.h"
#include "pipeline/tile_choice.h"
#include "support/error.h"
#include "support/stopwatch.h"

namespace deepcache_gen {
namespace {

// Address space for activations and for weights, which take twice their file where float16 becomes float32.
std::size_t expected_memory(const ModelInfo& model) {
  std::size_t bytes = std::size_t{2} << 30;
  for (const auto& [name, file] : model.files) bytes += 2 * file.size;
  if (model.refiner) bytes += expected_memory(*model.refiner);
  for (const auto& [role, part] : model.parts) bytes += part.lender ? 2 * part.lender->file.size : 0;
  return bytes;
}

ThreadCount thread_count(const ExecutionOptions& options) {
  return resolve_thread_count(options.threads, options.engines_on_cpu);
}

std::int64_t free_share(const Placement& placement, const ExecutionOptions& options) {
  release_kept_memory(placement.device);
  return free_memory(placement.device) / (placement.device.is_cpu() ? options.engines_on_cpu : 1);
}

// `problem`: set to why there is none on a GPU, where it was not the user's wish.
MakeRecorder recorder_for(const Placement& placement, const ExecutionOptions& options, std::string& problem) {
  if (!placement.device.is_cuda() || options.no_cuda_graphs) return {};
  const CudaPlugin* plugin = cuda_plugin(&problem);
  if (!plugin) return {};
  return [plugin, device = placement.device] { return plugin->make_recorder(device); };
}

LoadedModel load_without_gradients(const VerifiedModel& model, const Placement& placement, int threads,
                                   const ExecutionOptions& options, const std::optional<c10::Stream>& stream,
                                   std::string& recording_problem) {
  const c10::OptionalStreamGuard on_stream(stream);
  use_threads(threads);
  prepare_huge_pages(expected_memory(model.info()));
  const at::NoGradGuard no_gradients;
  return LoadedModel(model, placement, free_share(placement, options),
                     recorder_for(placement, options, recording_problem));
}

Placement prepare_device(const ModelInfo& model, const ExecutionOptions& options) {
  const Placement placement = resolve_placement(options, model.dtype);
  apply_cuda_settings(placement, options);
  return placement;
}

}  // namespace

struct Pipeline::Parts {
  Stopwatch stopwatch;
  ModelInfo model;
  ThreadCount threads;
  Placement placement;
  std::optional<c10::Stream> stream;  // of the GPU
  std::string recording_problem;      // why nothing is recorded there; empty once it was told
  LoadedModel loaded;
  AppliedLoras loras;
  std::int64_t free_bytes;
  TileChoice tiles;
  double load_seconds;
  bool tf32;
  std::optional<int> batch_size;
  int engines;  // that share the memory

  Parts(const VerifiedModel& verified, const ExecutionOptions& options)
      : model(verified.info()),
        threads(thread_count(options)),
        placement(prepare_device(model, options)),
        stream(work_stream(placement.device)),
        loaded(load_without_gradients(verified, placement, threads.count, options, stream, recording_problem)),
        loras(loaded),
        free_bytes(free_share(placement, options)),
        tiles(model, placement, free_bytes),
        load_seconds(verified.seconds() + stopwatch.seconds()),
        tf32(options.tf32),
        batch_size(options.batch_size),
        engines(placement.device.is_cpu() ? options.engines_on_cpu : 1) {}

  // Half of what such a batch leaves free: more is taken by others, and by what the estimate does not know.
  void limit_kept_weights(const std::vector<ImageJob>& batch) {
    if (batch.front().plan->settings.loras.empty() && loaded.bytes_of_kept_weights() == 0) return;
    const PictureSides largest = largest_sides(batch.front().plan->settings);
    const std::int64_t needed =
        bytes_of_batch(static_cast<int>(batch.size()), model.latent_pixels(largest.width, largest.height));
    const std::int64_t free = free_memory(placement.device) / engines + loaded.bytes_of_kept_weights();
    loaded.limit_kept_weights(std::max<std::int64_t>(0, free - needed) / 2);
  }
};

Pipeline::Pipeline(const VerifiedModel& model, const ExecutionOptions& options)
    : parts_(translate_foreign_errors(options.device, [&] { return std::make_unique<Parts>(model, options); })) {}

Pipeline::~Pipeline() = default;

void Pipeline::check(const ModelInfo& model, const ExecutionOptions& options) {
  thread_count(options);
  check_batch_size(options.batch_size);
  prepare_device(model, options);
}

void Pipeline::check(const GenerationSettings& settings) const {
  translate_foreign_errors("--lora", [&] { parts_->loras.check(settings.loras); });
  for (const ControlNetSettings& net : settings.control_nets) {
    translate_foreign_errors("--control-net", [&] { parts_->loaded.control_net(*net.net); });
  }
}

EngineFacts Pipeline::facts() const {
  const auto& [count, reason] = parts_->threads;
  return {.device = device_name(parts_->placement),
          .dtype = parts_->tf32 ? "tf32" : dtype_name(parts_->placement),
          .load_seconds = parts_->load_seconds,
          .threads = std::to_string(count) + (count == 1 ? " CPU thread, " : " CPU threads, ") + reason};
}

int Pipeline::batch_size(const GenerationSettings& settings) const {
  const PictureSides largest = largest_sides(settings);
  const std::int64_t latent_pixels = parts_->model.latent_pixels(largest.width, largest.height);
  double taken = 0;  // by what is loaded when it is first needed
  for (const ControlNetSettings& net : settings.control_nets) {
    taken += bytes_of_part(*net.net, kControlNet, parts_->placement);
  }
  return choose_batch_size(parts_->batch_size, latent_pixels, parts_->free_bytes - static_cast<std::int64_t>(taken));
}

std::vector<std::size_t> Pipeline::prompt_lengths(const GenerationSettings& settings) const {
  if (settings.prompt_style == PromptStyle::plain) return {};
  return translate_foreign_errors(device_name(parts_->placement), [&] {
    std::vector<std::size_t> chunks;
    for (const bool refines : {false, true}) {
      if (refines && !settings.refiner) continue;
      const PromptEncoder& encoder = parts_->loaded.prompt_encoder(refines);
      chunks.push_back(encoder.chunks(settings, parts_->loaded.embeddings(settings, refines)));
    }
    return chunks;
  });
}

void Pipeline::generate(const std::vector<ImageJob>& batch, Observer& observer) const {
  const std::string problem = std::exchange(parts_->recording_problem, "");
  if (!problem.empty()) observer.on_detail("CUDA graphs are not used: " + problem);
  run(batch, [&] {
    generate_batch(parts_->model, parts_->placement, parts_->loaded, parts_->loras, parts_->tiles, batch, observer);
  });
}

Calibration Pipeline::calibrate(const ImageJob& job, const CalibrationWish& wish, Observer& observer) const {
  Calibration calibration;
  run({job}, [&] {
    calibration =
        calibrate_on_picture(parts_->model, parts_->placement, parts_->loaded, parts_->loras, job, wish, observer);
  });
  return calibration;
}

template <class Work>
void Pipeline::run(const std::vector<ImageJob>& batch, const Work& work) const {
  const c10::InferenceMode inference;
  const c10::OptionalStreamGuard on_stream(parts_->stream);
  use_threads(parts_->threads.count);  // the model may have been loaded by another thread
  try {
    translate_foreign_errors(device_name(parts_->placement), [&] {
      parts_->limit_kept_weights(batch);
      work();
    });
  } catch (const std::exception& error) {
    if (!tells_out_of_memory(error)) throw;
    parts_->loaded.limit_kept_weights(0);
    parts_->loaded.forget_recordings();
    throw explain_lack_of_memory(parts_->model, parts_->placement, batch.front().plan->settings,
                                 static_cast<int>(batch.size()));
  }
}

}  // namespace deepcache_gen
