#pragma once

#include <memory>

namespace deepcache_gen {

/// Names what this thread does while it lives in a `Profile` that is being taken; otherwise it does nothing.
class Annotation {
 public:
  /// `name`: a literal.
  explicit Annotation(const char* name);
  Annotation(const Annotation&) = delete;
  Annotation& operator=(const Annotation&) = delete;
  ~Annotation();

 private:
  struct Record;
  std::unique_ptr<Record> record_;  ///< null while there is no profile
};

}  // namespace deepcache_gen
