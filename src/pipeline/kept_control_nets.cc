#include "pipeline/kept_control_nets.h"

#include <utility>

#include "model/model_folders.h"
#include "support/error.h"
#include "support/option_value.h"
#include "support/shell_word.h"

namespace deepcache_gen {

std::shared_ptr<const ModelInfo> KeptControlNets::named(const std::string& name) {
  constexpr const char* kFlag = "--control-net";
  std::shared_ptr<const ModelInfo>& net = known_[name];
  if (net) return net;
  std::error_code none;
  if (std::filesystem::is_regular_file(name, none)) {
    throw UsageError(kFlag, std::string(kFlag) + " " + quoted(name) +
                                ": is a file; a control net is a folder, which is made of it once by deepcache-gen "
                                "export " +
                                shell_word(name));
  }
  try {
    net = std::make_shared<const ModelInfo>(read_model_info(find_model_folder(name, places_)));
  } catch (const UsageError& unknown) {
    throw UsageError(kFlag, std::string(kFlag) + " " + quoted(name) + ": " + unknown.what());
  } catch (Error& error) {
    error.add_flag(kFlag);
    throw;
  }
  if (net->control_net) return net;
  const std::string family = std::exchange(net, nullptr)->family;
  throw UsageError(kFlag, std::string(kFlag) + " " + quoted(name) + ": is no control net but a model of the family " +
                              quoted(family) + "; name one that deepcache-gen export made");
}

}  // namespace deepcache_gen
