// A PNG that lies where --resume wants to put a picture.
#include "cli/output/example_run.h"
#include "cli/output/picture_content.h"
#include "fuzzing.h"
#include "png_mutation.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace deepcache_gen;
  static const FuzzFolder folder;
  static const ModelIdentity model = example_run().model;
  static Picture picture = example_picture(folder.path() / "x.png");
  folder.write("x.png", as_text(data, size));
  takes([] { look_for(picture, model); });
  are_settings_of(as_text(data, size), picture, model);
  return 0;
}

extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size, std::size_t max_size,
                                               unsigned int seed) {
  return deepcache_gen::mutate_png(data, size, max_size, seed);
}
