#include "backend/archive/module_class.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/error.h"

namespace deepcache_gen {
namespace {

using testing::HasSubstr;
using testing::Key;
using testing::ThrowsMessage;
using testing::UnorderedElementsAre;

constexpr const char* kTraced = R"(class Attention(Module):
  __parameters__ = ["weight", ]
  __buffers__ = []
  weight : Tensor
  training : bool
  _is_full_backward_hook : Optional[bool]
  half : int
  scale : float
  nothing : NoneType
  __annotations__["0"] = __torch__.torch.nn.modules.linear.___torch_mangle_5.Linear
  to_q : __torch__.torch.nn.modules.linear.Linear
  def forward(self: __torch__.blocks.Attention,
    argument_1: Tensor) -> Tuple[Tensor, Tensor]:
    to_q = self.to_q
    _0 = getattr(self, "0")
    weight = self.weight
    _1 = int(ops.prim.NumToTensor(torch.size(argument_1, 0)))
    _2, _3, = torch.chunk(argument_1, 2, 1)
    _4 = torch.view((to_q).forward(argument_1, ), [_1, -1, 2, int(CONSTANTS.c0)])
    _5 = (_0).forward1(torch.pad(_4, [0, 1, 0, 1], "constant", 0.), )
    if flip:
      _6 = torch.add(_5, _5, alpha=1)
    else:
      _6 = torch.mul(_5, -1.5e-05)
    return (_6, _5)
  def __len__(self: __torch__.blocks.Attention) -> int:
    return 2
class Other(Module):
  training : bool
)";

ModuleClasses read_code(const std::string& code) {
  ModuleClasses classes;
  read_module_classes(code, "__torch__.blocks", AcceptedOperators(), classes);
  return classes;
}

// A method with these lines.
std::string method(const std::string& lines) {
  return "class A(Module):\n  def forward(self: __torch__.blocks.A,\n    x: Tensor) -> Tensor:\n" + lines;
}

void expect_code_refused(const std::string& code, const std::string& words) {
  EXPECT_THAT([&] { read_code(code); }, ThrowsMessage<Error>(HasSubstr(words))) << code;
}

TEST(ModuleClass, HasTheAttributesAndMethodsOfTheCode) {
  const ModuleClasses classes = read_code(kTraced);
  ASSERT_THAT(classes, UnorderedElementsAre(Key("__torch__.blocks.Attention"), Key("__torch__.blocks.Other")));
  const ModuleClass& attention = classes.at("__torch__.blocks.Attention");
  EXPECT_THAT(attention.methods, UnorderedElementsAre("forward", "__len__"));
  EXPECT_EQ(attention.attributes.size(), 8u);
  EXPECT_EQ(attention.attributes.at("weight").kind, AttributeKind::tensor);
  EXPECT_EQ(attention.attributes.at("_is_full_backward_hook").kind, AttributeKind::optional_boolean);
  EXPECT_EQ(attention.attributes.at("half").kind, AttributeKind::integer);
  EXPECT_EQ(attention.attributes.at("scale").kind, AttributeKind::floating_point);
  EXPECT_EQ(attention.attributes.at("nothing").kind, AttributeKind::none);
  EXPECT_EQ(attention.attributes.at("0").class_name, "__torch__.torch.nn.modules.linear.___torch_mangle_5.Linear");
}

// Nothing that is begun and not ended gets through.
TEST(ModuleClass, MayNotBeCutShortWithinALine) {
  const std::string code = kTraced;
  const std::size_t body = code.find("    return (_6");
  for (std::size_t size = body + 12; code[size] != '\n'; ++size)
    EXPECT_THROW(read_code(code.substr(0, size)), Error) << size;
}

TEST(ModuleClass, CallsNothingButForwardAndAcceptedOperators) {
  expect_code_refused(method("    return torch.from_file(\"/etc/passwd\")\n"), "calls torch.from_file");
  expect_code_refused(method("    _0 = torch.save(x, \"file\")\n"), "calls torch.save");
  expect_code_refused(method("    _0 = ops.aten.from_file(\"file\")\n"), "calls ops.aten.from_file");
  expect_code_refused(method("    _0 = print(x)\n"), "calls print");
  expect_code_refused(method("    print(x)\n"), "calls print");
  expect_code_refused(method("    ops.aten.save(x, \"file\")\n"), "calls ops.aten.save");
  expect_code_refused(method("    self.weight = x\n"), "assigns to self.weight");
  expect_code_refused(method("    _0 = x.save(\"file\")\n"), "calls x.save");
  expect_code_refused(method("    _0 = (x).save(\"file\")\n"), "call of save");
  expect_code_refused(method("    _0 = (x).forwards(x)\n"), "call of forwards");
  expect_code_refused(method("    _0 = __torch__.other.function(x)\n"), "calls __torch__.other.function");
  expect_code_refused(method("    _0 = torch.add_(x, x)\n"), "calls torch.add_");
  expect_code_refused(method("    _0 = torch.rand([2])\n"), "calls torch.rand");
  expect_code_refused(method("    _0 = torch.as_strided(x, [9], [9], 9)\n"), "calls torch.as_strided");
  expect_code_refused(method("    _0 = ops.prim.CallMethod(x)\n"), "calls ops.prim.CallMethod");
}

TEST(ModuleClass, IsRefusedInALineThatCanBeRead) {
  const std::string name(100'000, 'x');
  try {
    read_code(method("    _0 = torch." + name + "(x)\n"));
    FAIL();
  } catch (const Error& error) {
    EXPECT_LT(std::string(error.what()).size(), 500u);
  }
}

TEST(ModuleClass, HasNoMethodsThatRunByThemselves) {
  for (const std::string name : {"__setstate__", "__getstate__", "__init__", "forwarded", "hook"}) {
    expect_code_refused("class A(Module):\n  def " + name + "(self: __torch__.blocks.A) -> Tensor:\n    return 1\n",
                        name);
  }
  expect_code_refused("class A(Module):\n  __forward_hooks__ = [\"hook\", ]\n", "__forward_hooks__");
  expect_code_refused("class A(Module):\n  __forward_hooks__ : Tensor\n", "__forward_hooks__");
  expect_code_refused("def forward(self: __torch__.blocks.A) -> Tensor:\n  return 1\n", "class");
}

TEST(ModuleClass, HasNoDefaultValues) {
  expect_code_refused(
      "class A(Module):\n  def forward(self: __torch__.blocks.A,\n    x: int=1) -> Tensor:\n    return x\n",
      "default values");
  expect_code_refused("class A(Module):\n  x : int = 1\n", "end of the line");
}

TEST(ModuleClass, IsAModuleOfPlainAttributes) {
  expect_code_refused("class A(NamedTuple):\n  x : int\n", "Module");
  expect_code_refused("class A(Interface):\n  x : int\n", "Module");
  expect_code_refused("class A:\n  x : int\n", "'('");
  for (const std::string type :
       {"Any", "Future", "List[Tensor]", "Dict[str, Tensor]", "str", "Optional[Tensor]", "Device"}) {
    expect_code_refused("class A(Module):\n  x : " + type + "\n", "code has");
  }
  expect_code_refused(method("    return x\n") + "  x : int\n  x : int\n", "twice");
  expect_code_refused("class A(Module):\n  x : int\nclass A(Module):\n  x : int\n", "twice");
}

TEST(ModuleClass, HasOnlyItsOwnMethods) {
  expect_code_refused("class A(Module):\n  def forward(self: __torch__.blocks.B) -> Tensor:\n    return 1\n",
                      "another class");
}

// LibTorch would compute with them while it reads the code.
TEST(ModuleClass, ComputesWithNoTexts) {
  expect_code_refused(method("    _0 = \"aaaa\"\n"), "'aaaa'");
  expect_code_refused(method("    _0 = torch.add(\"aaaa\", \"aaaa\")\n"), "'aaaa'");
  expect_code_refused(method("    _0 = torch.pad(x, [\"aaaa\"])\n"), "'aaaa'");
}

// The type of each would be twice as long as that of the one before.
TEST(ModuleClass, HasTuplesAsResultsOnly) {
  EXPECT_NO_THROW(read_code(method("    return (x, (x).forward(x, ), )\n")));
  expect_code_refused(method("    _0 = (x, x)\n"), "','");
  expect_code_refused(method("    return (x, (x, x))\n"), "','");
  expect_code_refused(method("    return torch.silu((x, x))\n"), "','");
  expect_code_refused(method("    return ()\n"), "')'");
}

TEST(ModuleClass, IsStraightLinesAndBranches) {
  for (const std::string line :
       {"while True:",  "for i in x:",      "pass",       "assert x",       "raise x",       "del x",
        "import os",    "from os import x", "global x",   "with x:",        "x += 1",        "_0 = x + x",
        "_0 = x[0]",    "_0 = lambda x: x", "_0 = not x", "_0 = {x}",       "_0 = x; y = x", "_0 = x # a comment",
        "_0 = \"\\n\"", "_0 = 'x'",         "_0 = x \\",  "if x: return x", "_0 : int = 1",  "x"}) {
    EXPECT_THROW(read_code(method("    " + line + "\n")), Error) << line;
  }
  EXPECT_THROW(read_code(method("    _0 = torch.add(\tx)\n")), Error);
  EXPECT_THROW(read_code(method("      return x\n")), Error) << "another indentation";
  EXPECT_THROW(read_code(method("    if x:\n      return x\n    return x\n")), Error) << "no else";
  EXPECT_THROW(read_code(method("")), Error) << "nothing to do";
}

TEST(ModuleClass, NestsAsDeepAsTracedCodeAndNotDeeper) {
  const auto nested = [](std::size_t depth) {
    std::string expression;
    for (std::size_t i = 0; i < depth; ++i) expression += "torch.silu(";
    expression += "x" + std::string(depth, ')');
    return method("    return " + expression + "\n");
  };
  EXPECT_NO_THROW(read_code(nested(10)));
  expect_code_refused(nested(100'000), "brackets");
  std::string blocks;
  for (std::size_t i = 0; i < 1'000; ++i) blocks += std::string(4 + 2 * i, ' ') + "if x:\n";
  expect_code_refused(method(blocks), "blocks");
}

TEST(ModuleClass, IsReadInTimeThatGrowsWithTheCode) {
  std::string lines;
  for (int i = 0; i < 100'000; ++i) lines += "    _0 = torch.silu(x)\n";
  EXPECT_NO_THROW(read_code(method(lines)));
}

}  // namespace
}  // namespace deepcache_gen
