#include "backend/archive/module_class.h"

#include <algorithm>
#include <array>
#include <optional>
#include <span>

#include "backend/archive/code_lines.h"
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

// Names with a meaning of their own, in TorchScript or in Python.
constexpr std::array<std::string_view, 30> kKeywords{
    "and",  "as",     "assert",   "async",   "await", "break", "class",  "continue", "def",    "del",
    "elif", "else",   "except",   "finally", "for",   "from",  "global", "if",       "import", "in",
    "is",   "lambda", "nonlocal", "not",     "or",    "pass",  "raise",  "return",   "while",  "with"};

// One line after the other, of each one token after the other.
class CodeCursor {
 public:
  explicit CodeCursor(std::span<const CodeLine> lines) : lines_(lines) {}

  bool is_at(std::size_t indentation) const { return !lines_.empty() && lines_.front().indentation == indentation; }
  bool at_end() const { return lines_.empty(); }
  std::size_t lines_left() const { return lines_.size(); }

  bool sees(std::string_view text, std::size_t ahead = 0) const {
    const CodeToken* token = peek(ahead);
    return token && token->kind != Kind::string && token->text == text;
  }
  bool sees(Kind kind, std::size_t ahead = 0) const {
    const CodeToken* token = peek(ahead);
    return token && token->kind == kind;
  }
  bool take_if(std::string_view text) {
    if (!sees(text)) return false;
    ++position_;
    return true;
  }
  void expect(std::string_view text) {
    if (!take_if(text)) fail("'" + std::string(text) + "'");
  }
  std::string_view take(Kind kind, const char* what) {
    if (!sees(kind)) fail(what);
    return lines_.front().tokens[position_++].text;
  }
  // A name that somebody chose.
  std::string_view take_name() {
    const std::string_view name = take(Kind::name, "a name");
    if (std::find(kKeywords.begin(), kKeywords.end(), name) != kKeywords.end()) {
      refuse_archive("its code has '" + std::string(name) + "' where a name belongs");
    }
    return name;
  }
  // "a.b.c"
  std::string take_path() {
    std::string path(take_name());
    while (take_if(".")) path += "." + std::string(take_name());
    return path;
  }
  void end_line() {
    if (peek(0)) fail("the end of the line");
    lines_ = lines_.subspan(1);
    position_ = 0;
  }

  [[noreturn]] void fail(const std::string& expected) const {
    const CodeToken* token = peek(0);
    const std::string found = token ? "'" + std::string(token->text.substr(0, 100)) + "'" : "the end of a line";
    refuse_archive("its code has " + found + " where the code of a traced module has " + expected);
  }

 private:
  const CodeToken* peek(std::size_t ahead) const {
    if (lines_.empty() || position_ + ahead >= lines_.front().tokens.size()) return nullptr;
    return &lines_.front().tokens[position_ + ahead];
  }

  std::span<const CodeLine> lines_;
  std::size_t position_ = 0;
};

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
    if (cursor_.take_if("-") || cursor_.sees(Kind::number))
      return static_cast<void>(cursor_.take(Kind::number, "a number"));
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
    const std::string method = "a call of " + std::string(cursor_.take_name());
    if (!is_forward(std::string_view(method).substr(10))) refuse_archive("its code has " + method);
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
