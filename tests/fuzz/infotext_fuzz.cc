// What --from-image reads in a picture: AUTOMATIC1111's text, or this program's JSON.
#include "fuzzing.h"
#include "pipeline/recorded_request.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace deepcache_gen;
  const std::string text = as_text(data, size);
  takes([&] { read_infotext(text); });
  takes([&] { read_settings_record(text); });
  return 0;
}
