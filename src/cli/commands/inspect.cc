#include "cli/commands/inspect.h"

#include "backend/archive/archive_contents.h"
#include "cli/commands/chosen_model.h"
#include "cli/output/inspection.h"
#include "model/model_folders.h"
#include "support/error.h"

namespace deepcache_gen {

void inspect(const CommandLine& line, const Results& results) {
  const ModelInfo model = read_model_info(find_model_folder(line.argument, places_of_models(line)));
  const ChecksumResults checksums = compare_checksums(model);
  results.print(line.output.json ? inspection_json(model, checksums) : inspection_text(model, checksums));
  for (const auto& [name, matches] : checksums) {
    if (!matches) throw Error((model.folder / name).string() + ": wrong checksum; copy or export the model again");
    if (name.ends_with(".pt")) check_archive(model.folder / name);
  }
}

}  // namespace deepcache_gen
