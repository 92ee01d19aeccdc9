#include "backend/annotation.h"

#include <ATen/record_function.h>

namespace deepcache_gen {

struct Annotation::Record {
  at::RecordFunction function{at::RecordScope::USER_SCOPE};
};

Annotation::Annotation(const char* name) {
  if (!at::hasCallbacks()) return;
  record_ = std::make_unique<Record>();
  if (record_->function.isActive()) record_->function.before(name);
}

Annotation::~Annotation() = default;

}  // namespace deepcache_gen
