#include "backend/archive/module_class.h"

#include <algorithm>
#include <array>
#include <span>

#include "backend/archive/code_cursor.h"
#include "backend/archive/refusal.h"

namespace deepcache_gen {
namespace {

using Kind = CodeToken::Kind;

constexpr std::size_t kClassIndentation = 2, kBodyIndentation = 4, kBlockIndentation = 2;
// Traced code has no branches, the embedding of the timestep one.
constexpr std::size_t kMaxBlocks = 16;
constexpr std::size_t kMaxClasses = 20'000;

constexpr std::array<std::pair<std::string_view, AttributeKind>, 5> kPlainTypes{
    {{"Tensor", AttributeKind::tensor},
     {"bool", AttributeKind::boolean},
     {"int", AttributeKind::integer},
     {"float", AttributeKind::floating_point},
     {"NoneType", AttributeKind::none}}};

// LibTorch computes with texts while it reads code: only those functions may have one that do not.
constexpr std::array<std::string_view, 3> kTakeTexts{"torch.pad", "torch.gelu", "torch.div"};

bool is_forward(std::string_view name) {
  return name.starts_with("forward") && name.find_first_not_of("0123456789", 7) == std::string_view::npos;
}

// What an expression, and what stands between brackets, may be.
class ExpressionReader {
 public:
  ExpressionReader(CodeCursor& cursor, const AcceptedOperators& operators) : cursor_(cursor), operators_(operators) {}

  // Only a result may be a tuple: LibTorch writes the type of one out, and of one within another again.
  void read(bool may_be_tuple = false) {
    if (cursor_.take_if("[")) return read_list("]");
    if (cursor_.take_if("(")) return read_parenthesis(may_be_tuple);
    if (cursor_.take_if("-") || cursor_.sees(Kind::number)) {
      cursor_.take(Kind::number, "a number");
      return;
    }
    if (cursor_.sees("getattr") && cursor_.sees("(", 1)) return read_getattr();
    const std::string path = cursor_.take_path();
    if (cursor_.take_if("(")) read_call(path);
  }

 private:
  // (module).forward(…), or a tuple.
  void read_parenthesis(bool may_be_tuple) {
    read();
    if (!cursor_.take_if(")")) {
      if (!may_be_tuple) cursor_.fail("')'");
      cursor_.expect(",");
      return read_list(")");
    }
    if (!cursor_.take_if(".")) return;
    const std::string method(cursor_.take_name());
    if (!is_forward(method)) refuse_archive("its code has a call of " + method);
    cursor_.expect("(");
    read_arguments(false);
  }

  void read_list(std::string_view end) {
    while (!cursor_.take_if(end)) {
      read();
      if (!cursor_.sees(end)) cursor_.expect(",");
    }
  }

  void read_arguments(bool may_be_text) {
    while (!cursor_.take_if(")")) {
      if (cursor_.sees(Kind::name) && cursor_.sees("=", 1)) {
        cursor_.take_name();
        cursor_.expect("=");
      }
      if (may_be_text && cursor_.sees(Kind::string)) {
        cursor_.take(Kind::string, "a string");
      } else {
        read();
      }
      if (!cursor_.sees(")")) cursor_.expect(",");
    }
  }

  void read_call(const std::string& function) {
    if (!operators_.are_called(function)) refuse_archive("its code calls " + function);
    read_arguments(std::find(kTakeTexts.begin(), kTakeTexts.end(), function) != kTakeTexts.end());
  }

  // Of a module: a tensor's attributes are operators, which the graph shows.
  void read_getattr() {
    cursor_.expect("getattr");
    cursor_.expect("(");
    cursor_.take_name();
    cursor_.expect(",");
    cursor_.take(Kind::string, "the name of an attribute");
    cursor_.expect(")");
  }

  CodeCursor& cursor_;
  const AcceptedOperators& operators_;
};

class ClassReader {
 public:
  ClassReader(std::span<const CodeLine> lines, const std::string& scope, const AcceptedOperators& operators)
      : cursor_(lines), scope_(scope), operators_(operators) {}

  void read_into(ModuleClasses& classes) {
    while (!cursor_.at_end()) {
      const std::string name = read_header();
      if (classes.size() == kMaxClasses)
        refuse_archive("its code has more than " + std::to_string(kMaxClasses) + " classes");
      if (!classes.emplace(name, read_members(name)).second) refuse_archive("its code defines " + name + " twice");
    }
  }

 private:
  std::string read_header() {
    if (!cursor_.is_at(0)) cursor_.fail("a class");
    cursor_.expect("class");
    std::string name = scope_ + "." + std::string(cursor_.take_name());
    cursor_.expect("(");
    cursor_.expect("Module");
    cursor_.expect(")");
    cursor_.expect(":");
    cursor_.end_line();
    return name;
  }

  ModuleClass read_members(const std::string& class_name) {
    ModuleClass members;
    const std::size_t lines = cursor_.lines_left();
    while (cursor_.is_at(kClassIndentation)) {
      if (cursor_.sees("def")) {
        read_method(class_name, members);
      } else if (cursor_.sees("__parameters__") || cursor_.sees("__buffers__")) {
        read_names();
      } else {
        read_attribute(members);
      }
    }
    members.lines = lines - cursor_.lines_left();
    return members;
  }

  // Which tensors are parameters and which buffers.
  void read_names() {
    cursor_.take_name();
    cursor_.expect("=");
    cursor_.expect("[");
    while (!cursor_.take_if("]")) {
      cursor_.take(Kind::string, "the name of a tensor");
      cursor_.expect(",");
    }
    cursor_.end_line();
  }

  // `weight : Tensor`, or, for what is no name, `__annotations__["0"] = Tensor`.
  void read_attribute(ModuleClass& members) {
    std::string name;
    if (cursor_.take_if("__annotations__")) {
      cursor_.expect("[");
      name = cursor_.take(Kind::string, "the name of an attribute");
      cursor_.expect("]");
      cursor_.expect("=");
    } else {
      name = cursor_.take_name();
      if (name.starts_with("__")) refuse_archive("its code has an attribute " + name);
      cursor_.expect(":");
    }
    if (!members.attributes.emplace(name, read_attribute_type()).second)
      refuse_archive("its code has " + name + " twice");
    cursor_.end_line();
  }

  AttributeType read_attribute_type() {
    if (cursor_.sees("Optional") && cursor_.sees("bool", 2)) {
      for (const char* part : {"Optional", "[", "bool", "]"}) cursor_.expect(part);
      return {AttributeKind::optional_boolean, {}};
    }
    std::string name = cursor_.take_path();
    const auto* const plain =
        std::find_if(kPlainTypes.begin(), kPlainTypes.end(), [&](const auto& known) { return known.first == name; });
    if (plain != kPlainTypes.end()) return {plain->second, {}};
    if (!name.starts_with("__torch__.")) refuse_archive("its code has an attribute of type " + name);
    return {AttributeKind::module, std::move(name)};
  }

  void read_method(const std::string& class_name, ModuleClass& members) {
    cursor_.expect("def");
    const std::string name(cursor_.take_name());
    if (!is_forward(name) && name != "__len__") refuse_archive("its code has a method " + name);
    if (!members.methods.insert(name).second) refuse_archive("its code has method " + name + " twice");
    cursor_.expect("(");
    read_parameters(class_name);
    cursor_.expect("->");
    read_value_type();
    cursor_.expect(":");
    cursor_.end_line();
    read_block(kBodyIndentation, 0);
  }

  void read_parameters(const std::string& class_name) {
    cursor_.expect("self");
    cursor_.expect(":");
    if (cursor_.take_path() != class_name) refuse_archive("its code has a method of another class in " + class_name);
    while (!cursor_.take_if(")")) {
      cursor_.expect(",");
      cursor_.take_name();
      cursor_.expect(":");
      read_value_type();
      if (cursor_.sees("=")) refuse_archive("its code has a method with default values");
    }
  }

  // Of an argument or of a result.
  void read_value_type() {
    const std::string_view name = cursor_.take_name();
    if (name == "Tuple" || name == "List" || name == "Optional") {
      cursor_.expect("[");
      do read_value_type();
      while (cursor_.take_if(","));
      cursor_.expect("]");
    } else if (name != "Tensor" && name != "int" && name != "float" && name != "bool" && name != "NoneType") {
      refuse_archive("its code has a value of type " + std::string(name));
    }
  }

  void read_block(std::size_t indentation, std::size_t depth) {
    if (depth > kMaxBlocks) refuse_archive("its code nests blocks too deep");
    if (!cursor_.is_at(indentation)) cursor_.fail("a line of a block");
    while (cursor_.is_at(indentation)) {
      if (!cursor_.sees("if")) {
        read_statement();
        continue;
      }
      read_branch_head("if", true);
      read_block(indentation + kBlockIndentation, depth + 1);
      if (!cursor_.is_at(indentation)) cursor_.fail("else");
      read_branch_head("else", false);
      read_block(indentation + kBlockIndentation, depth + 1);
    }
  }

  void read_branch_head(std::string_view word, bool has_condition) {
    cursor_.expect(word);
    if (has_condition) read_expression(false);
    cursor_.expect(":");
    cursor_.end_line();
  }

  // `return x`, `a = x`, or `a, b, = x`.
  void read_statement() {
    const bool is_result = cursor_.take_if("return");
    if (!is_result) {
      const std::string target = cursor_.take_path();
      if (cursor_.sees("(")) refuse_archive("its code calls " + target);
      if (target.find('.') != std::string::npos) refuse_archive("its code assigns to " + target);
      while (cursor_.take_if(",")) {
        if (cursor_.sees(Kind::name)) cursor_.take_name();
      }
      cursor_.expect("=");
    }
    read_expression(is_result);
    cursor_.end_line();
  }

  void read_expression(bool may_be_tuple) { ExpressionReader(cursor_, operators_).read(may_be_tuple); }

  CodeCursor cursor_;
  const std::string& scope_;
  const AcceptedOperators& operators_;
};

}  // namespace

void read_module_classes(std::string_view code, const std::string& scope, const AcceptedOperators& operators,
                         ModuleClasses& classes) {
  const std::vector<CodeLine> lines = read_code_lines(code);
  ClassReader(lines, scope, operators).read_into(classes);
}

}  // namespace deepcache_gen
