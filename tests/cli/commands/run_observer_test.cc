#include "cli/commands/run_observer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

#include "cli/output/example_run.h"
#include "support/temporary_folder.h"

namespace deepcache_gen {
namespace {

using testing::HasSubstr;

// Writes what happens into the stream that messages go to, so that the order can be seen.
class RecordingProgress : public Progress {
 public:
  explicit RecordingProgress(std::ostream& out) : out_(out) {}
  void on_step(const StepReport& step) override { out_ << "<step " << step.index << ">"; }
  void clear() override { out_ << "<clear>"; }

 private:
  std::ostream& out_;
};

class RunObserverTest : public testing::Test {
 protected:
  RunObserver observer(Verbosity verbosity) {
    messages_.emplace(errors_, verbosity);
    OutputOptions options;
    options.images = (folder_ / "x.png").string();
    writer_.emplace(options, run_.plan.settings, Results(errors_));
    return RunObserver(run_, progress_, *writer_, *messages_, [this] { return interrupted_; });
  }

  TemporaryFolder folder_;
  RunFacts run_ = example_run();
  std::ostringstream errors_;
  RecordingProgress progress_{errors_};
  std::optional<Messages> messages_;
  std::optional<ImageWriter> writer_;
  bool interrupted_ = false;
};

TEST_F(RunObserverTest, ClearsTheProgressBeforeAnythingElseIsSaid) {
  RunObserver run_observer = observer(Verbosity::normal);
  run_observer.on_step({0, 4, StepKind::full, 0.1, 0, 1});
  run_observer.on_warning("shortened");
  run_observer.on_image(example_image());
  EXPECT_EQ(errors_.str(),
            "<step 0><clear>deepcache-gen: warning: shortened\n<clear>" + (folder_ / "x.png").string() + "\n");
}

TEST_F(RunObserverTest, WarnsEvenWhenQuiet) {
  observer(Verbosity::quiet).on_warning("shortened");
  EXPECT_THAT(errors_.str(), HasSubstr("shortened"));
}

TEST_F(RunObserverTest, SaysTimingsWhenVerbose) {
  observer(Verbosity::verbose).on_image(example_image());
  EXPECT_THAT(errors_.str(), HasSubstr("image 1/1, seed 7: text 0.25 s, denoise 2.00 s (full step 0.750 s, cached step "
                                       "0.250 s), decode 0.12 s\n"));
}

TEST_F(RunObserverTest, PassesAnInterruptionOn) {
  const RunObserver run_observer = observer(Verbosity::normal);
  EXPECT_FALSE(run_observer.stop_requested());
  interrupted_ = true;
  EXPECT_TRUE(run_observer.stop_requested());
}

}  // namespace
}  // namespace deepcache_gen
