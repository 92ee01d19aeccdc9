#include "cli/commands/run_observer.h"

#include <cstdio>
#include <string>
#include <utility>

namespace deepcache_gen {
namespace {

// "image 1/2, seed 7: text 0.01 s, denoise 1.20 s (full step 0.100 s, cached step 0.020 s), decode 0.10 s"
std::string timing_text(const GeneratedImage& image, int image_count) {
  char text[256];
  const Timing& timing = image.timing;
  std::snprintf(
      text, sizeof text,
      "image %d/%d, seed %lld: text %.2f s, denoise %.2f s (full step %.3f s, cached step %.3f s), decode %.2f s",
      image.index + 1, image_count, static_cast<long long>(image.seed), timing.text, timing.denoise, timing.full_step,
      timing.cached_step, timing.decode);
  return text;
}

}  // namespace

RunObserver::RunObserver(const RunFacts& run, Progress& progress, ImageWriter& writer, const Messages& messages,
                         std::function<bool()> interrupted)
    : run_(run), progress_(progress), writer_(writer), messages_(messages), interrupted_(std::move(interrupted)) {}

void RunObserver::on_step(const StepReport& step) { progress_.on_step(step); }

void RunObserver::on_image(GeneratedImage image) {
  progress_.clear();
  messages_.detail(timing_text(image, run_.plan.settings.image_count));
  writer_.write(run_, std::move(image));
}

void RunObserver::on_warning(const std::string& message) {
  progress_.clear();
  messages_.warning(message);
}

bool RunObserver::stop_requested() const { return interrupted_(); }

}  // namespace deepcache_gen
