#include "backend/archive/archive_contents.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "backend/archive/made_archive.h"
#include "backend/archive/made_pickle.h"
#include "support/error.h"

namespace deepcache_gen {
namespace {

using namespace std::string_literals;
using testing::HasSubstr;
using testing::Key;
using testing::ThrowsMessage;
using testing::UnorderedElementsAre;

std::string tuple(const std::vector<std::int64_t>& numbers) {
  std::string items;
  for (const std::int64_t item : numbers) items += pickled_number(item);
  return "(" + items + "t";
}

struct TensorText {
  std::int64_t count = 6, offset = 0;
  std::vector<std::int64_t> sizes{2, 3}, strides{3, 1};
  std::string record = "0";

  std::string str() const {
    return "ctorch._utils\n_rebuild_tensor_v2\n((" + pickled_text("storage") + "ctorch\nFloatStorage\n" +
           pickled_text(record) + pickled_text("cpu") + pickled_number(count) + "tQ" + pickled_number(offset) +
           tuple(sizes) + tuple(strides) + "\x89" + "ccollections\nOrderedDict\n)Rt" + "R";
  }
};

class ArchiveContents : public testing::Test {
 protected:
  std::map<std::string, std::string> records_{
      {"code/__torch__/blocks.py",
       "class Inner(Module):\n  weight : Tensor\n"
       "class Outer(Module):\n  inner : __torch__.blocks.Inner\n  half : int\n"},
      {"data.pkl", values(TensorText{})},
      {"data/0", std::string(24, '\1')},
      {"constants.pkl", pickle(")")},
      {"byteorder", "little"},
      {"version", "3\n"}};

  static std::string values(const TensorText& tensor) {
    return pickle(pickled_object("Outer", pickled_text("inner") +
                                              pickled_object("Inner", pickled_text("weight") + tensor.str()) +
                                              pickled_text("half") + "K\x03"));
  }
  ArchiveRecords read() const { return read_archive_contents(make_archive(records_)); }
  void expect_refused(const std::string& words) const {
    EXPECT_THAT([&] { read(); }, ThrowsMessage<Error>(HasSubstr(words)));
  }
  void expect_refused(const TensorText& tensor, const std::string& words) {
    records_["data.pkl"] = values(tensor);
    expect_refused(words);
  }
};

TEST_F(ArchiveContents, AreTheRecordsThatLibTorchNeeds) {
  records_["code/__torch__/blocks.py.debug_pkl"] = "positions";
  records_["extra/notes"] = "text";
  records_["model.json"] = "an older format of LibTorch";
  records_["bytecode.pkl"] = "another format";
  EXPECT_THAT(read(), UnorderedElementsAre(Key("code/__torch__/blocks.py"), Key("data.pkl"), Key("data/0"),
                                           Key("constants.pkl"), Key("byteorder"), Key("version")));
}

TEST_F(ArchiveContents, HoldTensorsWithinTheirRecords) {
  const auto accept = [&](TensorText tensor) {
    records_["data.pkl"] = values(tensor);
    EXPECT_NO_THROW(read());
  };
  accept({.sizes = {6}, .strides = {1}});
  accept({.offset = 4, .sizes = {2}, .strides = {1}});
  accept({.sizes = {3, 2}, .strides = {1, 3}});
  accept({.offset = 5, .sizes = {}, .strides = {}});
  accept({.offset = 6, .sizes = {0}, .strides = {1}});
  accept({.sizes = {0, 4}, .strides = {4, 1}});
  const std::int64_t large = std::numeric_limits<std::int64_t>::max();
  expect_refused({.sizes = {7}, .strides = {1}}, "beyond");
  expect_refused({.offset = 5, .sizes = {2}, .strides = {1}}, "beyond");
  expect_refused({.sizes = {2}, .strides = {6}}, "beyond");
  expect_refused({.sizes = {2, 2, 2}, .strides = {0, 0, 0}}, "beyond");
  expect_refused({.offset = 6, .sizes = {}, .strides = {}}, "beyond");
  expect_refused({.offset = -1}, "negative");
  expect_refused({.sizes = {-2, 3}}, "negative");
  expect_refused({.strides = {-3, 1}}, "negative");
  expect_refused({.offset = large}, "large");
  expect_refused({.strides = {large, 1}}, "large");
  expect_refused({.sizes = {large, large}}, "large");
  expect_refused({.sizes = {2}, .strides = {}}, "strides");
}

TEST_F(ArchiveContents, HoldNumbersOfTheirRecordsSizes) {
  expect_refused({.count = 7}, "24 bytes for 7 numbers");
  expect_refused({.count = 5}, "24 bytes for 5 numbers");
  expect_refused({.count = -6}, "negative");
  expect_refused({.count = std::int64_t{1} << 62}, "large");
  expect_refused({.record = "1"}, "no record 'data/1'");
  expect_refused({.record = "../version"}, "no record");
}

TEST_F(ArchiveContents, HoldValuesAsTheirCodeSays) {
  const std::string inner = pickled_object("Inner", pickled_text("weight") + TensorText{}.str());
  const auto refused = [&](const std::string& value, const std::string& words) {
    records_["data.pkl"] = pickle(value);
    expect_refused(words);
  };
  refused(pickled_object("Outer", pickled_text("half") + "K\x03" + pickled_text("inner") + "K\x03"),
          "no __torch__.blocks.Inner");
  refused(pickled_object("Outer", pickled_text("half") + "K\x03" + pickled_text("inner") + pickled_object("Outer", "")),
          "no __torch__.blocks.Inner");
  refused(pickled_object("Outer", pickled_text("half") + TensorText{}.str() + pickled_text("inner") + inner),
          "attribute 'half'");
  refused(pickled_object("Outer", pickled_text("half") + "K\x03"), "1 attributes");
  refused(pickled_object("Outer", pickled_text("half") + "K\x03" + pickled_text("more") + inner), "attribute 'inner'");
  refused(pickled_object("Outer",
                         pickled_text("half") + "K\x03" + pickled_text("inner") + inner + pickled_text("more") + "N"),
          "3 attributes");
  refused(pickled_object("Unknown", ""), "no code of class __torch__.blocks.Unknown");
  refused("K\x03", "no module");
}

TEST_F(ArchiveContents, HoldConstantTensorsOnly) {
  records_["constants/0"] = std::string(24, '\1');
  records_["constants.pkl"] = pickle(TensorText{}.str() + "\x85");
  EXPECT_NO_THROW(read());
  records_["constants.pkl"] = pickle(TensorText{.count = 600}.str() + "\x85");
  expect_refused("24 bytes for 600 numbers");
  std::string many;
  for (int i = 0; i < 20; ++i) many += TensorText{.count = 1 << 18, .sizes = {1}, .strides = {1}}.str();
  records_["constants/0"] = std::string(1 << 20, '\1');
  records_["constants.pkl"] = pickle("(" + many + "t");
  expect_refused("more numbers than their records");
  records_["constants.pkl"] = pickle("K\x01\x85");
  expect_refused("not all tensors");
  records_["constants.pkl"] = pickle(pickled_object("Inner", "") + "\x85");
  expect_refused("not all tensors");
}

TEST_F(ArchiveContents, HaveNoClassesOfLibTorchsOwn) {
  for (const std::string scope : {"torch/classes/x", "torch/classes", "torch/nn/quantized/linear"}) {
    records_["code/__torch__/" + scope + ".py"] = "class A(Module):\n  x : int\n";
    expect_refused("classes in __torch__.");
    records_.erase("code/__torch__/" + scope + ".py");
  }
}

TEST_F(ArchiveContents, HaveNoClassInItself) {
  records_["code/__torch__/blocks.py"] = "class Outer(Module):\n  inner : __torch__.blocks.Outer\n";
  expect_refused("nest too deep");
}

TEST_F(ArchiveContents, StaySmallWhenSharedModulesAreWrittenOut) {
  std::string code = "class A0(Module):\n  x : int\n";
  for (int i = 1; i < 40; ++i) {
    const std::string below = "__torch__.blocks.A" + std::to_string(i - 1);
    code += "class A" + std::to_string(i) + "(Module):\n  a : " + below + "\n  b : " + below + "\n";
  }
  records_["code/__torch__/blocks.py"] = code;
  // A0 within A1 twice, A1 within A2 twice, and so on.
  std::string doubled = pickled_object("A0", pickled_text("x") + "K\x01") + "q\0"s;
  for (int i = 1; i < 40; ++i) {
    const std::string recalled = "h"s + static_cast<char>(i - 1);
    doubled = "c__torch__.blocks\nA" + std::to_string(i) + "\n)\x81}(" + pickled_text("a") + doubled +
              pickled_text("b") + recalled + "ubq" + static_cast<char>(i);
  }
  records_["data.pkl"] = pickle(doubled);
  expect_refused("shared so often");
}

TEST_F(ArchiveContents, AreBounded) {
  records_["data.pkl"] = std::string(5 << 20, 'N');
  expect_refused("'data.pkl' has 5242880 bytes");
  records_["data.pkl"] = values(TensorText{});
  records_["code/__torch__/a.py"] = std::string(9 << 20, '\n');
  expect_refused("code/__torch__/a.py");
}

TEST_F(ArchiveContents, NameWhatIsMissing) {
  for (const char* name : {"data.pkl", "constants.pkl"}) {
    auto records = records_;
    records.erase(name);
    EXPECT_THAT([&] { read_archive_contents(make_archive(records)); }, ThrowsMessage<Error>(HasSubstr(name)));
  }
}

}  // namespace
}  // namespace deepcache_gen
