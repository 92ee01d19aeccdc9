#include "cli/options/sampler_list.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <sstream>

#include "schedulers/sampler_rows.h"

namespace deepcache_gen {
namespace {

using testing::HasSubstr;
using testing::Not;

std::size_t widest_line(const std::string& text) {
  std::istringstream lines(text);
  std::size_t widest = 0;
  for (std::string line; std::getline(lines, line);) widest = std::max(widest, line.size());
  return widest;
}

TEST(SamplerList, NamesEverySamplerAndSchedule) {
  for (const std::string& text : {sampler_list_text(), narrow_sampler_list(), sampler_list_markdown()}) {
    for (const SamplerRow& row : sampler_rows()) {
      EXPECT_THAT(text, HasSubstr(std::string(row.name)));
      EXPECT_THAT(text, HasSubstr(std::string(row.infotext)));
    }
    for (const ScheduleRow& row : schedule_rows()) EXPECT_THAT(text, HasSubstr(std::string(row.what)));
  }
}

TEST(SamplerList, HasLinesThatFit) {
  EXPECT_LE(widest_line(sampler_list_text()), 120u);
  EXPECT_LE(widest_line(narrow_sampler_list()), 80u);
  for (const std::string& text : {sampler_list_text(), narrow_sampler_list()}) {
    EXPECT_THAT(text, Not(HasSubstr(" \n")));
    EXPECT_FALSE(text.ends_with('\n'));
  }
}

TableRow row_called(const std::string& name, const std::vector<TableRow>& table) {
  for (const TableRow& row : table) {
    if (row.front() == name) return row;
  }
  return {};
}

TEST(SamplerList, SaysWhatARowIs) {
  const auto sampler = [](const char* name) { return row_called(name, sampler_table()); };
  EXPECT_EQ(sampler("heun"), (TableRow{"heun", "Heun", "2", "none", "all", "HeunDiscreteScheduler"}));
  EXPECT_EQ(sampler("ddim"), (TableRow{"ddim", "DDIM", "1", "with --eta (default 0)", "discrete, sgm_uniform",
                                       "DDIMScheduler(clip_sample=False)"}));
  EXPECT_EQ(sampler("euler_a")[3], "yes, --eta (default 1)");
  EXPECT_EQ(sampler("lcm")[3], "yes");
  EXPECT_EQ(sampler("lcm")[4], "discrete");
  EXPECT_EQ(sampler("ipndm").back(), "-");
  EXPECT_EQ(row_called("karras", schedule_table()).back(), "use_karras_sigmas");
  EXPECT_EQ(row_called("sgm_uniform", schedule_table()).back(), "timestep_spacing='trailing'");
  EXPECT_EQ(row_called("ays", schedule_table()).back(), "-");
}

TEST(SamplerList, BreaksLongCallsAsPythonIsBroken) {
  EXPECT_THAT(sampler_list_text(),
              testing::ContainsRegex(
                  "DPMSolverMultistepScheduler\\(\n +algorithm_type='sde-dpmsolver\\+\\+',\n +solver_order=2\\)"));
}

TEST(SamplerList, IsMarkdown) {
  const std::string text = sampler_list_markdown();
  EXPECT_THAT(text, HasSubstr("|---|---|---|---|---|---|\n| `pndm` | PLMS | 1 | none | discrete, sgm_uniform | "
                              "`PNDMScheduler(skip_prk_steps=True)` |\n"));
  EXPECT_THAT(text, HasSubstr("| `discrete` | Uniform | timesteps spaced as the model says | - |"));
}

TEST(SamplerList, IsJson) {
  const nlohmann::ordered_json list = sampler_list_json();
  ASSERT_EQ(list["samplers"].size(), sampler_rows().size());
  ASSERT_EQ(list["schedules"].size(), schedule_rows().size());
  const auto& ddim = list["samplers"][1];
  EXPECT_EQ(ddim["name"], "ddim");
  EXPECT_EQ(ddim["noise"], false);
  EXPECT_EQ(ddim["eta"], 0);
  EXPECT_EQ(ddim["takes_sigmas"], false);
  EXPECT_TRUE(list["samplers"][2]["eta"].is_null()) << "euler";
  EXPECT_EQ(list["schedules"][1]["diffusers_switch"], "use_karras_sigmas");
}

}  // namespace
}  // namespace deepcache_gen
