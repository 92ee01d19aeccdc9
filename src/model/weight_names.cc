#include "model/weight_names.h"

namespace deepcache_gen {

WeightNames::WeightNames(const std::map<std::string, std::string>& prefixes)
    : to_published_(prefixes.begin(), prefixes.end()) {
  for (const auto& [archived, published] : prefixes) to_archived_.emplace(published, archived);
}

std::optional<std::string> WeightNames::published(std::string_view archived) const {
  return translated(to_published_, archived);
}

std::optional<std::string> WeightNames::archived(std::string_view published) const {
  const std::optional<std::string> name = translated(to_archived_, published);
  // A longer prefix may lead its names elsewhere: then this is a name of nothing.
  if (name && translated(to_published_, *name) == published) return name;
  return {};
}

std::optional<std::string> WeightNames::translated(const Prefixes& prefixes, std::string_view name) {
  for (std::size_t end = name.size(); end != std::string_view::npos && end > 0; end = name.rfind('.', end - 1)) {
    const auto found = prefixes.find(name.substr(0, end));
    if (found != prefixes.end()) return found->second + std::string(name.substr(end));
  }
  return {};
}

}  // namespace deepcache_gen
