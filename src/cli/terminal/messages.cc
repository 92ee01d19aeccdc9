#include "cli/terminal/messages.h"

namespace deepcache_gen {

void Messages::error(const std::string& text) const { out_ << "deepcache-gen: error: " << text << std::endl; }

void Messages::warning(const std::string& text) const { out_ << "deepcache-gen: warning: " << text << std::endl; }

void Messages::note(const std::string& text) const {
  if (verbosity_ != Verbosity::quiet) out_ << text << std::endl;
}

void Messages::detail(const std::string& text) const {
  if (verbosity_ == Verbosity::verbose) out_ << text << std::endl;
}

}  // namespace deepcache_gen
