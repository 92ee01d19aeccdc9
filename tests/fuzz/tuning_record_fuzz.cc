// What `tune` kept of a run that was stopped: a stranger's, about four calls at two branches.
#include "evaluation/tuning_record.h"
#include "fuzzing.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace deepcache_gen;
  static const FuzzFolder folder;
  const TuningShape shape{"x", 4, {0, 2}, true};
  const auto file = folder.write("partial", as_text(data, size));
  takes([&] {
    const std::optional<TuningRecord> record = read_tuning_record(file, shape);
    if (!record) return;
    for (const auto& picture : record->gains) require(picture.size() == 2, "gains are as many as are measured");
    gains_of_calls(record->gains, shape.calls);
    if (!record->errors.empty()) best_placements(mean_errors(record->errors).front().segments);
    folder.write("partial", tuning_record_text(*record));
    require(tuning_record_text(*read_tuning_record(file, shape)) == tuning_record_text(*record), "it is read again");
  });
  return 0;
}

extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size, std::size_t max_size,
                                               unsigned int seed) {
  return deepcache_gen::mutate_json(data, size, max_size, seed);
}
