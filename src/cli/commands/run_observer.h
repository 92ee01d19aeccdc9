#pragma once

#include <functional>

#include "cli/output/image_writer.h"
#include "cli/terminal/messages.h"
#include "cli/terminal/progress.h"
#include "pipeline/observer.h"

namespace deepcache_gen {

/// What the command does while the engine works: shows progress, writes images, repeats warnings, obeys Ctrl-C.
class RunObserver : public Observer {
 public:
  /// The parts are borrowed.
  RunObserver(const RunFacts& run, Progress& progress, ImageWriter& writer, const Messages& messages,
              std::function<bool()> interrupted);

  void on_step(const StepReport& step) override;
  void on_image(GeneratedImage image) override;
  void on_warning(const std::string& message) override;
  bool stop_requested() const override;

 private:
  const RunFacts& run_;
  Progress& progress_;
  ImageWriter& writer_;
  const Messages& messages_;
  std::function<bool()> interrupted_;
};

}  // namespace deepcache_gen
