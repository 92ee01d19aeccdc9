#include "cli/output/trace_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "cli/output/example_run.h"
#include "support/error.h"
#include "support/temporary_folder.h"

namespace deepcache_gen {
namespace {

TEST(TraceFile, WritesALineForEveryStepAtOnce) {
  const TemporaryFolder folder;
  write_text(folder / "trace", "older\n");
  TraceFile trace(folder / "trace");
  trace.add({example_picture("a.png"), example_picture("b.png", 1)},
            {1, 4, {StepKind::cached}, 0.25, 2, Movement{0.5, {}}});
  const auto line = nlohmann::json::parse(read_text(folder / "trace"));
  EXPECT_EQ(line, nlohmann::json::parse(R"({"pictures": ["a.png", "b.png"], "step": 1, "timestep": 501.0, "sigma": 6.5,
    "kind": "cached", "milliseconds": 250.0, "latents_movement": 0.5, "deep_feature_movement": null})"));
}

TEST(TraceFile, SaysWhereItCanNotBeWritten) {
  EXPECT_THROW(TraceFile("/proc/none/trace"), Error);
  TraceFile full("/dev/full");
  EXPECT_THROW(full.add({example_picture("a.png")}, {0, 4, {StepKind::full}, 0.25, 1, {}}), NoMoreOutput);
}

}  // namespace
}  // namespace deepcache_gen
