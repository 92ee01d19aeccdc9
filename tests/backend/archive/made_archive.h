#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <vector>

#include "backend/archive/rebuilt_archive.h"

namespace deepcache_gen {

/// An archive of records with these texts, as bytes.
inline std::vector<std::byte> make_archive(const std::map<std::string, std::string>& records) {
  std::string texts;
  ArchiveRecords places;
  for (const auto& [name, text] : records) {
    places[name] = {texts.size(), text.size()};
    texts += text;
  }
  const RebuiltArchive archive(std::as_bytes(std::span(texts)), places);
  std::vector<std::byte> bytes(archive.size());
  archive.read(0, bytes.data(), bytes.size());
  return bytes;
}

}  // namespace deepcache_gen
