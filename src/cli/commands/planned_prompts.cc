#include "cli/commands/planned_prompts.h"

#include <algorithm>
#include <utility>

#include "support/error.h"

namespace deepcache_gen {
namespace {

bool is_ours(int item, const PromptListOptions& options) { return !options.shard || options.shard->has(item); }

class Planning {
 public:
  Planning(const PicturePlanner& planner, const PictureFiles& files) : planner_(planner), files_(files) {}

  void add(const PictureRequest& entry) {
    ListPlan of_entry;
    for (Picture& picture : planner_.plan(entry)) {
      distinct_.add(picture);
      std::vector<Picture>& pictures = files_.is_made(picture) ? of_entry.done : of_entry.to_make;
      pictures.push_back(std::move(picture));
    }
    // Only now, so that a prompt is planned as a whole or not at all.
    std::move(of_entry.done.begin(), of_entry.done.end(), std::back_inserter(plan_.done));
    std::move(of_entry.to_make.begin(), of_entry.to_make.end(), std::back_inserter(plan_.to_make));
  }

  void add_or_note_problem(const PictureRequest& entry) {
    try {
      add(entry);
    } catch (const Error& error) {
      if (!entry.item) throw;
      plan_.problems.push_back({*entry.item, entry.source, error.what()});
    }
  }

  ListPlan& plan() { return plan_; }

 private:
  const PicturePlanner& planner_;
  const PictureFiles& files_;
  DistinctFiles distinct_;
  ListPlan plan_;
};

}  // namespace

ListPlan plan_list(const PromptList& list, const PromptListOptions& options, const PicturePlanner& planner,
                   const PictureFiles& files) {
  Planning planning(planner, files);
  for (const BadLine& line : list.bad_lines) {
    if (is_ours(line.item, options)) planning.plan().problems.push_back(line);
  }
  for (const PictureRequest& entry : list.entries) {
    if (is_ours(entry.item.value_or(0), options)) planning.add_or_note_problem(entry);
  }
  std::vector<BadLine>& problems = planning.plan().problems;
  std::sort(problems.begin(), problems.end(), [](const BadLine& a, const BadLine& b) { return a.item < b.item; });
  return std::move(planning.plan());
}

void take_out_unfitting(ListPlan& plan, const Engine& engine) {
  std::vector<Picture> fitting;
  for (Picture& picture : plan.to_make) {
    try {
      engine.check(picture.settings());
      fitting.push_back(std::move(picture));
    } catch (const Error& error) {
      if (!picture.item) throw;
      // Of a prompt of several pictures all are alike.
      const bool is_known = !plan.problems.empty() && plan.problems.back().item == *picture.item;
      if (!is_known) plan.problems.push_back({*picture.item, picture.source, error.what()});
    }
  }
  plan.to_make = std::move(fitting);
}

void report_problems(const std::vector<BadLine>& problems, const PromptListOptions& options,
                     const PictureReport& report, const Messages& messages) {
  for (const BadLine& line : problems) {
    const std::string text = line.source + ": " + line.problem;
    if (!options.skip_bad_lines) {
      messages.error(text);
      continue;
    }
    messages.warning(text + "; skipped");
    report.add_bad_line(line.item, line.source, line.problem);
  }
  if (problems.empty() || options.skip_bad_lines) return;
  throw UsageError("--prompts '" + *options.file + "': " + std::to_string(problems.size()) +
                   (problems.size() == 1 ? " prompt is" : " prompts are") +
                   " not accepted, so nothing was made; mend the file, or make the rest with --skip-bad-lines");
}

StreamFeed::StreamFeed(PromptStream& stream, std::optional<Shard> shard, const PicturePlanner& planner,
                       const PictureFiles& files, PromptNotes& prompt_notes, PictureRun& run)
    : stream_(stream), shard_(shard), planner_(planner), files_(files), prompt_notes_(prompt_notes), run_(run) {}

std::optional<std::vector<Picture>> StreamFeed::next(const std::function<bool()>& may_wait) {
  const std::optional<PromptLine> line = stream_.next(may_wait);
  if (!line) return {};
  return pictures_of(*line);
}

std::vector<Picture> StreamFeed::pictures_of(const PromptLine& line) {
  const auto* bad = std::get_if<BadLine>(&line);
  const auto* entry = std::get_if<PictureRequest>(&line);
  const int item = bad ? bad->item : entry->item.value_or(0);
  if (shard_ && !shard_->has(item)) return {};
  BadLine problem = bad ? *bad : BadLine{item, entry->source, ""};
  try {
    if (!bad) return plan(*entry);
  } catch (const NoMoreOutput&) {
    throw;
  } catch (const Error& error) {
    problem.problem = error.what();
  }
  run_.add_bad_line(problem);
  return {};
}

std::vector<Picture> StreamFeed::plan(const PictureRequest& entry) {
  std::vector<Picture> pictures = planner_.plan(entry), to_make;
  for (Picture& picture : pictures) {
    if (files_.is_made(picture)) {
      run_.skip(picture);
    } else {
      to_make.push_back(std::move(picture));
    }
  }
  if (!to_make.empty()) run_.first_engine().check(to_make.front().settings());
  for (const Picture& picture : to_make) prompt_notes_.add(picture);
  return to_make;
}

}  // namespace deepcache_gen
