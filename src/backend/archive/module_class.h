#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>

#include "backend/archive/accepted_operators.h"

namespace deepcache_gen {

/// What an attribute of a module may be.
enum class AttributeKind { tensor, boolean, optional_boolean, integer, floating_point, none, module };

struct AttributeType {
  AttributeKind kind;
  std::string class_name;  ///< of a module; otherwise empty
};

/// A module's class as the code of an archive defines it.
struct ModuleClass {
  std::map<std::string, AttributeType> attributes;
  std::set<std::string> methods;
  std::size_t lines = 0;  ///< of its code
};

/// Classes by their full name, such as "__torch__.exporter.rungs.MidRung".
using ModuleClasses = std::map<std::string, ModuleClass>;

/// Reads the code of one record into `classes`. `scope` is the record's place as a name ("__torch__.exporter.rungs").
/// The code must be what TorchScript writes for traced modules and no more: classes of attributes and `forward`
/// methods without default values (which LibTorch would evaluate while it reads them), straight lines and `if`, calls
/// of other modules' `forward` and of `operators`. Throws `Error` that names anything else. The types of modules are
/// not looked up.
void read_module_classes(std::string_view code, const std::string& scope, const AcceptedOperators& operators,
                         ModuleClasses& classes);

}  // namespace deepcache_gen
