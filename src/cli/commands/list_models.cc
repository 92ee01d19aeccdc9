#include "cli/commands/list_models.h"

#include "cli/commands/chosen_model.h"
#include "cli/output/model_list.h"
#include "model/model_folders.h"
#include "support/error.h"

namespace deepcache_gen {
namespace {

ListedModel listed(const FoundModel& found) {
  try {
    return {found.name, found.folder, read_model_info(found.folder), ""};
  } catch (const Error& error) {
    return {found.name, found.folder, {}, error.what()};
  }
}

}  // namespace

void list_models(const CommandLine& line, const Results& results) {
  std::vector<ListedModel> models;
  for (const FoundModel& found : find_models(places_of_models(line))) models.push_back(listed(found));
  if (line.output.json) return results.print(model_list_json(models));
  if (!models.empty()) results.print(model_list_text(models));
}

}  // namespace deepcache_gen
