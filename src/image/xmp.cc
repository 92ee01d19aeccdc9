#include "image/xmp.h"

#include <array>
#include <utility>

namespace deepcache_gen {
namespace {

// The property is an element, in which only these two characters need spelling out; readers may not keep a NUL or other
// control characters, which the settings spell out themselves, as JSON does.
constexpr std::string_view kOpen = "<deepcache-gen:settings>", kClose = "</deepcache-gen:settings>";
constexpr std::array<std::pair<char, std::string_view>, 3> kSpelled{{{'&', "&amp;"}, {'<', "&lt;"}, {'>', "&gt;"}}};

std::string spelled_out(std::string_view text) {
  std::string spelled;
  for (const char c : text) {
    std::string_view word(&c, 1);
    for (const auto& [character, spelling] : kSpelled) {
      if (c == character) word = spelling;
    }
    spelled += word;
  }
  return spelled;
}

std::string read_spelled(std::string_view text) {
  std::string plain;
  while (!text.empty()) {
    std::size_t length = 1;
    char c = text.front();
    for (const auto& [character, spelling] : kSpelled) {
      if (!text.starts_with(spelling)) continue;
      c = character;
      length = spelling.size();
    }
    plain += c;
    text.remove_prefix(length);
  }
  return plain;
}

}  // namespace

std::string xmp_with_settings(const std::string& settings) {
  std::string packet =
      "<?xpacket begin=\"\xEF\xBB\xBF\" id=\"W5M0MpCehiHzreSzNTczkc9d\"?>\n"
      "<x:xmpmeta xmlns:x=\"adobe:ns:meta/\">\n"
      " <rdf:RDF xmlns:rdf=\"http://www.w3.org/1999/02/22-rdf-syntax-ns#\">\n"
      "  <rdf:Description rdf:about=\"\" xmlns:deepcache-gen=\"urn:deepcache-gen\">\n   ";
  packet.append(kOpen).append(spelled_out(settings)).append(kClose);
  return packet + "\n  </rdf:Description>\n </rdf:RDF>\n</x:xmpmeta>\n<?xpacket end=\"w\"?>";
}

std::optional<std::string> xmp_settings(std::string_view xmp) {
  const std::size_t start = xmp.find(kOpen);
  if (start == std::string_view::npos) return {};
  xmp.remove_prefix(start + kOpen.size());
  const std::size_t end = xmp.find(kClose);
  if (end == std::string_view::npos) return {};
  return read_spelled(xmp.substr(0, end));
}

}  // namespace deepcache_gen
