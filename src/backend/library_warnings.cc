#include "backend/library_warnings.h"

#include <c10/util/Logging.h>

namespace deepcache_gen {

void silence_library_warnings() { FLAGS_caffe2_log_level = c10::GLOG_ERROR; }

}  // namespace deepcache_gen
