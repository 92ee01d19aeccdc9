// A prompt list, text or JSON lines as its first line says: read as a file and as a stream, which must agree.
#include <fcntl.h>

#include <optional>

#include "cli/output/output_names.h"
#include "cli/prompts/prompt_list.h"
#include "fuzzing.h"
#include "support/file_descriptor.h"
#include "support/utf8.h"

namespace deepcache_gen {
namespace {

PromptList read_stream(const std::string& file) {
  const FileDescriptor fd(::open(file.c_str(), O_RDONLY | O_CLOEXEC));
  PromptStream stream(fd.number(), file, {}, [] { return false; });
  PromptList list;
  while (const std::optional<PromptLine> line = stream.next([] { return true; })) {
    if (const auto* entry = std::get_if<PictureRequest>(&*line)) list.entries.push_back(*entry);
    if (const auto* bad = std::get_if<BadLine>(&*line)) list.bad_lines.push_back(*bad);
  }
  return list;
}

void require_same(const PromptList& one, const PromptList& other) {
  require(one.entries.size() == other.entries.size() && one.bad_lines.size() == other.bad_lines.size(),
          "a stream has the entries of a file");
  for (std::size_t i = 0; i < one.entries.size(); ++i) {
    const PictureRequest& a = one.entries[i];
    const PictureRequest& b = other.entries[i];
    require(a.item == b.item && a.source == b.source && a.request.prompt == b.request.prompt,
            "a stream's entry is a file's");
  }
  for (std::size_t i = 0; i < one.bad_lines.size(); ++i)
    require(one.bad_lines[i].problem == other.bad_lines[i].problem, "a stream's bad line is a file's");
}

void use(const PictureRequest& entry) {
  require_utf8(entry.request.prompt);
  takes([&] { OutputNames(entry.output, NamesFor::list).of(3, 7); });
  takes([&] { OutputNames(entry.output, NamesFor::several_images).of(3, 7); });
}

}  // namespace
}  // namespace deepcache_gen

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace deepcache_gen;
  static const FuzzFolder folder;
  const std::string file = folder.write("prompts", as_text(data, size));
  const PromptList streamed = read_stream(file);
  PromptList list;
  if (takes([&] { list = read_prompt_list(file, {}); })) require_same(list, streamed);
  for (const PictureRequest& entry : streamed.entries) use(entry);
  return 0;
}
