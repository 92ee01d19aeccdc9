#include "evaluation/tuning.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "evaluation/tuning_report.h"
#include "support/error.h"
#include "support/interrupted.h"
#include "support/temporary_folder.h"

namespace deepcache_gen {
namespace {

using testing::HasSubstr;

ModelInfo some_model() {
  ModelInfo model;
  model.folder = "nowhere";
  model.name = "<tiny>";
  model.family = "stable-diffusion";
  model.default_width = model.default_height = 64;
  model.latent_channels = 4;
  model.parts[kUNet] = {"unet.pt", {}, {}};
  model.unets[kUNet].rungs = 4;
  model.unets[kUNet].in_channels = 4;
  model.files["unet.pt"] = {1, std::string(64, 'a'), {}};
  model.scheduler = JsonObject(nlohmann::json::parse(R"({"sampler": "ddim", "sigma_schedule": "discrete",
    "num_train_timesteps": 1000, "beta_start": 0.00085, "beta_end": 0.012, "beta_schedule": "scaled_linear",
    "prediction_type": "epsilon", "timestep_spacing": "leading", "steps_offset": 1, "set_alpha_to_one": false})"),
                               "scheduler");
  return model;
}

// A full call takes 1 s, one at branch b 0.1 (b + 1) s, with one half half of that; errors are the squares of how far a
// segment goes, and less at a deeper branch. A picture is the brighter the more calls of it were cached.
class MadeUpEngine : public Engine {
 public:
  EngineFacts facts() const override { return {"cpu", "fp32", 0}; }
  int batch_size(const GenerationSettings&) const override { return 1; }

  void generate(const std::vector<ImageJob>& batch, Observer& observer) const override {
    if (observer.stop_requested()) throw Interrupted();
    ++made;
    const GenerationPlan& plan = *batch.front().plan;
    GeneratedImage image;
    const auto level = static_cast<std::uint8_t>(100 + plan.count(StepKind::cached));
    image.image = {8, 8, std::vector<std::uint8_t>(8 * 8 * 3, level)};
    image.image.pixels[0] = static_cast<std::uint8_t>(plan.settings.steps);
    for (int call = 0; call < plan.calls(); ++call) {
      const Choice choice = plan.call(call).choice;
      image.timing.denoise += choice.kind == StepKind::full ? 1
                              : choice.runs()               ? seconds_of(choice.branch, choice.holds_guidance)
                                                            : 0;
      observer.on_step({call, plan.calls(), choice, 1, 1, {}});
    }
    image.timing.decode = 0.5;
    observer.on_image(0, std::move(image));
  }

  Calibration calibrate(const ImageJob& job, const CalibrationWish& wish, Observer& observer) const override {
    if (observer.stop_requested()) throw Interrupted();
    ++calibrated;
    const int calls = job.plan->calls();
    Calibration calibration;
    calibration.seconds.full = 1;
    const CalibrationCalls counted = calls_of(wish, calls, true);
    for (int call = 0; call < counted.full + counted.cached; ++call) {
      const StepKind kind = call < counted.full ? StepKind::full : StepKind::cached;
      observer.on_step({call, counted.full + counted.cached, Choice{kind}, 1, 1, {}});
    }
    for (int branch = 0; branch <= wish.branches.back(); ++branch) {
      calibration.seconds.cached.push_back(seconds_of(branch, false));
      calibration.seconds.held.push_back(seconds_of(branch, true));
    }
    if (wish.gains.empty()) {
      calibration.gains.assign(calls_of_gains(calls).size(), 1);
      return calibration;
    }
    for (const Choice& kind : kinds_of_cached_calls(wish.branches, true)) {
      calibration.errors.push_back({kind, errors_of(calls, kind)});
    }
    return calibration;
  }

  static double seconds_of(int branch, bool held) { return 0.1 * (branch + 1) / (held ? 2 : 1); }

  mutable int made = 0, calibrated = 0;

 private:
  // Calls that run nothing err most, so that the front has some of all.
  static SegmentErrors errors_of(int calls, const Choice& kind) {
    const double factor = (kind.holds_guidance ? 1.5 : 1) * (kind.runs() ? 1 : 4 - kind.extrapolation);
    SegmentErrors errors(calls, reach_of_segments(calls));
    for (int from = 0; from < calls; ++from) {
      for (int to = from + 2; to <= std::min(calls, from + 1 + errors.reach()); ++to) {
        errors.set(from, to, (to - from - 1) * (to - from - 1) * factor / (1 + 0.1 * kind.branch));
      }
    }
    return errors;
  }
};

class TuneCaching : public testing::Test {
 protected:
  TuneCaching() {
    for (int i = 0; i < 3; ++i) {
      GenerationRequest request;
      request.prompt = "a cat";
      request.seed = i;
      request.steps = 12;
      (i < 2 ? pictures_.calibration : pictures_.check).push_back(request);
    }
  }

  TuningProgress progress() {
    return {.begin = [this](const std::string& what) { begun_.push_back(what); },
            .step = [this](double done) { done_.push_back(done); },
            .keep = [this](const TuningRecord& record) { kept_ = record; },
            .warn = [](const std::string&) {},
            .stop_requested = [this] { return stop_after_ && begun_.size() > *stop_after_; }};
  }

  TuningShape shape() const { return shape_of_tuning(model_, pictures_, {0, 1}, engine_.facts()); }
  Tuning tune() { return tune_caching(engine_, model_, pictures_, {0, 1}, kept_, progress()); }

  const ModelInfo model_ = some_model();
  MadeUpEngine engine_;
  TuningPictures pictures_;
  std::vector<std::string> begun_;
  std::vector<double> done_;
  std::optional<std::size_t> stop_after_;
  TuningRecord kept_{std::string(64, 'b'), {}, {}, {}, {}};
  TemporaryFolder folder_;
};

TEST_F(TuneCaching, FindsAFrontAndChecksIt) {
  const Tuning tuning = tune();
  EXPECT_EQ(engine_.calibrated, 2 + 2);
  const TunedCaching& tuned = tuning.tuned;
  EXPECT_EQ(tuned.unet_sha256, std::string(64, 'a'));
  EXPECT_EQ(tuned.calls, 12);
  EXPECT_EQ(tuned.seconds.beside, 0.5);
  ASSERT_FALSE(tuned.front.empty());
  // Every third call is the best place of 4 of 12 where errors grow alike all over.
  const auto four = std::find_if(tuned.front.begin(), tuned.front.end(), [](const TunedPlacement& placement) {
    return placement.full.size() == 4 && placement.cached.branch == 0 && placement.cached.holds_guidance;
  });
  ASSERT_NE(four, tuned.front.end());
  EXPECT_THAT(four->full, testing::ElementsAre(0, 3, 6, 9));
  write_text(folder_ / "tuned.json", tuned_caching_text(tuned));
  EXPECT_EQ(read_tuned_caching(folder_ / "tuned.json").front.size(), tuned.front.size());
}

TEST_F(TuneCaching, ChecksUniformSettingsAndFewerStepsToo) {
  const Tuning tuning = tune();
  std::vector<std::string> names;
  for (const CheckedSetting& setting : tuning.checked) names.push_back(setting.setting.name);
  for (const char* name : {"uncached", "2/0", "3/0", "5/0", "3/1", "5/1", "4 steps", "4 steps, curve"}) {
    EXPECT_THAT(names, testing::Contains(name));
  }
  EXPECT_EQ(engine_.made, static_cast<int>(names.size()) + 1) << "one to warm up";
  EXPECT_EQ(tuning.checked.front().seconds, 12.5);
  EXPECT_EQ(tuning.checked.front().psnr, 100) << "of equal pictures";
  for (const CheckedSetting& setting : tuning.checked) {
    EXPECT_NEAR(setting.setting.expected + 0.5, setting.seconds, 1e-9) << setting.setting.name;
  }
  for (const UniformGain& gain : gains_over_uniform(tuning)) {
    EXPECT_LE(gain.tuned->seconds, gain.uniform->seconds + 1e-9);
  }
  EXPECT_EQ(gains_over_uniform(tuning).size(), 5U);
}

TEST_F(TuneCaching, GoesOnWithWhatWasMeasured) {
  const Tuning whole = tune();
  const int made = engine_.made;
  for (const std::size_t calls : {1U, 3U, 4U, 7U, 20U}) {
    kept_ = {std::string(64, 'b'), {}, {}, {}, {}};
    begun_.clear();
    stop_after_ = calls;
    EXPECT_THROW(tune(), Interrupted);
    stop_after_.reset();
    kept_.of = shape().of;
    write_text(folder_ / "partial", tuning_record_text(kept_));
    const auto read = read_tuning_record(folder_ / "partial", shape());
    ASSERT_TRUE(read);
    kept_ = *read;
    engine_.made = engine_.calibrated = 0;
    const Tuning again = tune();
    EXPECT_LE(engine_.calibrated, 4 - static_cast<int>(std::min<std::size_t>(calls, 4))) << calls;
    EXPECT_LE(engine_.made, made + 1) << "the original of the picture in hand is made again";
    EXPECT_EQ(tuning_json(again, "m", "f"), tuning_json(whole, "m", "f")) << calls;
  }
}

TEST_F(TuneCaching, TellsHowMuchIsDone) {
  tune();
  EXPECT_TRUE(std::all_of(done_.begin(), done_.end(), [](double done) { return done > 0 && done <= 1; }));
  EXPECT_GT(done_.back(), 0.9);
  EXPECT_THAT(begun_.front(), HasSubstr("picture 1/2"));
}

TEST_F(TuneCaching, OfTwoCallsHasLittleToFind) {
  for (auto* list : {&pictures_.calibration, &pictures_.check}) {
    for (GenerationRequest& request : *list) request.steps = 2;
  }
  const Tuning tuning = tune();
  EXPECT_EQ(tuning.tuned.calls, 2);
  EXPECT_THAT(tuning.tuned.front.back().full, testing::ElementsAre(0, 1));
}

TEST_F(TuneCaching, IsReportedAsTableJsonAndPage) {
  const Tuning tuning = tune();
  const std::string table = tuning_table(tuning);
  EXPECT_THAT(table, HasSubstr("3/0"));
  EXPECT_EQ(static_cast<std::size_t>(std::count(table.begin(), table.end(), '\n')), tuning.checked.size());
  const nlohmann::json json = nlohmann::json::parse(tuning_json(tuning, model_.name, "tuned.json"));
  EXPECT_EQ(json["checked"].size(), tuning.checked.size());
  EXPECT_TRUE(json["checked"][0]["pictures"][0]["psnr"].is_null()) << "infinite";
  EXPECT_THAT(json["recommended"].get<std::string>(), testing::StartsWith("budget:speedup="));
  const std::string page = tuning_page(tuning, model_.name);
  EXPECT_THAT(page, HasSubstr("&lt;tiny&gt;"));
  EXPECT_THAT(page, testing::Not(HasSubstr("<tiny>")));
  std::size_t points = 0;
  for (std::size_t at = page.find("<circle"); at != std::string::npos; at = page.find("<circle", at + 1)) ++points;
  EXPECT_EQ(points, 2 * (tuning.checked.size() - 1)) << "PSNR and SSIM of all but the original";
}

// What the tune command advises takes what it says.
TEST_F(TuneCaching, RecommendsABudgetThatTakesWhatWasMeant) {
  const Tuning tuning = tune();
  CacheLimits limits{.steps = 12, .max_branch = 3, .model = "tiny", .defaults = {.interval = 3, .branch = 0}};
  limits.calls = 12;
  limits.tuned = [&] { return std::make_shared<const TunedCaching>(tuning.tuned); };
  limits.costs = [&] { return std::optional(tuning.tuned.seconds); };
  const CacheSpec spec = resolve_caching(read_cache_policy("--cache-policy", *recommended_budget(tuning)), limits);
  const auto gains = gains_over_uniform(tuning);
  const auto three = std::find_if(gains.begin(), gains.end(),
                                  [](const UniformGain& gain) { return gain.uniform->setting.name == "3/0"; });
  ASSERT_NE(three, gains.end());
  const double cost =
      tuning.tuned.seconds.of_picture(12, spec.whole("full"), choose_calls(spec, {.count = 12, .way = 12}).at(11));
  EXPECT_NEAR(cost, three->tuned->setting.expected + 0.5, 0.1);
}

class RecordFile : public TuneCaching {
 protected:
  std::string refusal(const std::function<void(nlohmann::json&)>& change) {
    tune();
    kept_.of = shape().of;
    nlohmann::json json = nlohmann::json::parse(tuning_record_text(kept_));
    change(json);
    write_text(folder_ / "partial", json.dump());
    try {
      return read_tuning_record(folder_ / "partial", shape()) ? "taken" : "other";
    } catch (const Error& error) {
      EXPECT_THAT(error.what(), HasSubstr("partial: "));
      return error.what();
    }
  }
};

TEST_F(RecordFile, IsLookedThrough) {
  EXPECT_EQ(refusal([](auto&) {}), "taken");
  EXPECT_EQ(refusal([](auto& json) { json["of"] = std::string(64, 'c'); }), "other");
  EXPECT_EQ(refusal([](auto& json) { json["format"] = 9; }), "other");
  EXPECT_THAT(refusal([](auto& json) { json.erase("gains"); }), HasSubstr("gains is missing"));
  EXPECT_THAT(refusal([](auto& json) { json["gains"][0][0] = -1; }), HasSubstr("gains has no number that can be"));
  EXPECT_THAT(refusal([](auto& json) { json["gains"][0] = {1}; }), HasSubstr("gains has not as many"));
  EXPECT_THAT(refusal([](auto& json) { json["errors"][0][0][0] = "x"; }), HasSubstr("errors has no number"));
  EXPECT_THAT(refusal([](auto& json) { json["errors"][0].erase(0); }), HasSubstr("not as many kinds"));
  EXPECT_THAT(refusal([](auto& json) { json["errors"][0][0].erase(0); }), HasSubstr("not as many numbers"));
  EXPECT_THAT(refusal([](auto& json) { json["seconds"].erase(0); }), HasSubstr("not as many entries"));
  EXPECT_THAT(refusal([](auto& json) { json["seconds"][0]["full"] = 0; }), HasSubstr("full has no number"));
  EXPECT_THAT(refusal([](auto& json) { json["runs"][0]["seconds"] = nullptr; }), HasSubstr("seconds has no number"));
  EXPECT_THAT(refusal([](auto& json) { json["runs"] = 1; }), HasSubstr("runs is no list"));
  EXPECT_THAT(refusal([](auto& json) { json = 3; }), HasSubstr("format is missing"));
}

}  // namespace
}  // namespace deepcache_gen
