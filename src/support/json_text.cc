#include "support/json_text.h"

namespace deepcache_gen {

template std::string json_text(const nlohmann::json& value);
template std::string json_text(const nlohmann::ordered_json& value);

}  // namespace deepcache_gen
