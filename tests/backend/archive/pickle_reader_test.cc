#include "backend/archive/pickle_reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "backend/archive/made_pickle.h"
#include "support/error.h"

namespace deepcache_gen {
namespace {

using namespace std::string_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::ThrowsMessage;

PickleReference read_operations(const std::string& operations) {
  const std::string bytes = pickle(operations);
  return read_pickle(std::as_bytes(std::span(bytes)));
}

void expect_pickle_refused(const std::string& operations, const std::string& words) {
  EXPECT_THAT([&] { read_operations(operations); }, ThrowsMessage<Error>(HasSubstr(words)));
}

std::string named(const std::string& module, const std::string& name) { return "c" + module + "\n" + name + "\n"; }

std::string pickled_storage(const std::string& type = "FloatStorage", const std::string& device = "cpu") {
  return "(" + pickled_text("storage") + named("torch", type) + pickled_text("0") + pickled_text(device) + "K\x06tQ";
}

std::string pickled_tensor(const std::string& hooks = named("collections", "OrderedDict") + ")R") {
  return named("torch._utils", "_rebuild_tensor_v2") + "(" + pickled_storage() + "K\x01(K\x02K\x02t(K\x02K\x01t\x89" +
         hooks + "tR";
}

TEST(PickleReader, ReadsNumbers) {
  EXPECT_EQ(std::get<std::int64_t>(read_operations("K\xff")->value), 255);
  EXPECT_EQ(std::get<std::int64_t>(read_operations("M\xff\x01")->value), 511);
  EXPECT_EQ(std::get<std::int64_t>(read_operations("J\xfe\xff\xff\xff")->value), -2);
  EXPECT_EQ(std::get<std::int64_t>(read_operations("\x8a\x05\x00\x00\x00\x00\x01"s)->value), std::int64_t{1} << 32);
  EXPECT_EQ(std::get<std::int64_t>(read_operations("\x8a\x01\xff")->value), -1);
  EXPECT_EQ(std::get<double>(read_operations("G\xbf\xf8\x00\x00\x00\x00\x00\x00"s)->value), -1.5);
  EXPECT_EQ(std::get<bool>(read_operations("\x88")->value), true);
  EXPECT_TRUE(std::holds_alternative<PickleNone>(read_operations("N")->value));
}

TEST(PickleReader, ReadsTensors) {
  const auto read_tensor = std::get<PickleTensor>(read_operations(pickled_tensor())->value);
  EXPECT_EQ(read_tensor.storage.record, "0");
  EXPECT_EQ(read_tensor.storage.element_size, 4);
  EXPECT_EQ(read_tensor.storage.count, 6);
  EXPECT_EQ(read_tensor.offset, 1);
  EXPECT_THAT(read_tensor.sizes, ElementsAre(2, 2));
  EXPECT_THAT(read_tensor.strides, ElementsAre(2, 1));
}

TEST(PickleReader, ReadsObjects) {
  const PickleReference outer =
      read_operations(pickled_object("A", pickled_text("inner") + pickled_object("A", pickled_text("x") + "K\x05")));
  const auto& attributes = std::get<PickleObject>(outer->value).attributes;
  const auto& inner = std::get<PickleObject>(attributes.at("inner")->value);
  EXPECT_EQ(inner.class_name, "__torch__.blocks.A");
  EXPECT_EQ(std::get<std::int64_t>(inner.attributes.at("x")->value), 5);
}

TEST(PickleReader, SharesWhatIsRecalled) {
  const auto items =
      std::get<PickleTuple>(read_operations("("s + pickled_object("A", "") + "q" + "\0"s + "h" + "\0"s + "t")->value)
          .items;
  ASSERT_EQ(items.size(), 2u);
  EXPECT_EQ(items[0], items[1]);
}

TEST(PickleReader, CallsNothing) {
  expect_pickle_refused(named("os", "system") + pickled_text("touch x") + "\x85R", "os.system");
  expect_pickle_refused(named("builtins", "eval") + pickled_text("1") + "\x85R", "builtins.eval");
  expect_pickle_refused(named("torch.jit._pickle", "build_intlist") + ")\x85R", "torch.jit._pickle.build_intlist");
  expect_pickle_refused(named("torch", "per_tensor_affine"), "torch.per_tensor_affine");
  expect_pickle_refused(named("torch", "ComplexFloatStorage"), "ComplexFloatStorage");
  expect_pickle_refused(named("__torch__.blocks", "A") + ")R", "calls __torch__.blocks.A");
  expect_pickle_refused(named("collections", "OrderedDict") + ")\x81", "an object of collections.OrderedDict");
  expect_pickle_refused("i"s + "os\nsystem\n", "operation 105");
  expect_pickle_refused("\x93", "operation 147");
}

TEST(PickleReader, TakesTensorsOfTheProcessorOnly) {
  expect_pickle_refused(pickled_storage("FloatStorage", "cuda:0"), "none of the CPU's");
  expect_pickle_refused(
      "(" + pickled_text("storage") + named("__torch__", "A") + pickled_text("0") + pickled_text("cpu") + "K\x06tQ",
      "none of the CPU's");
  expect_pickle_refused(pickled_tensor("N"), "hooks");
}

TEST(PickleReader, TakesNothingForSomethingElse) {
  expect_pickle_refused("K\x01Q", "a tuple");
  expect_pickle_refused("K\x01)R", "a function");
  expect_pickle_refused("K\x01}b", "a class");
  expect_pickle_refused(named("__torch__", "A") + "}b", "not begun");
  expect_pickle_refused(pickled_object("A", "K\x01K\x01"), "the name of an attribute");
  expect_pickle_refused(pickled_object("A", pickled_text("x") + "K\x01" + pickled_text("x") + "K\x01"), "'x' twice");
  expect_pickle_refused(pickled_object("A", pickled_text("x")), "dictionary");
}

// So that nothing contains itself, and nobody follows it for ever.
TEST(PickleReader, UsesNothingThatIsNotComplete) {
  expect_pickle_refused(named("__torch__", "A") + ")\x81" + "q\0"s, "remembers");
  expect_pickle_refused("}q\0"s, "remembers");
  expect_pickle_refused("}\x85", "not complete");
  expect_pickle_refused(named("__torch__", "A") + ")\x81\x85", "not complete");
  expect_pickle_refused(named("__torch__", "A") + ")\x81", "not complete");
}

TEST(PickleReader, KeepsWithinItsStack) {
  expect_pickle_refused("", "not there");
  expect_pickle_refused("t", "mark");
  expect_pickle_refused("K\x01\x86", "not there");
  expect_pickle_refused("K\x01(\x85", "not there");
  expect_pickle_refused("K\x01K\x01", "goes on");
  expect_pickle_refused("K\x01.K\x01", "goes on");
  expect_pickle_refused("h\0"s, "recalls");
  expect_pickle_refused(pickled_text("a") + "r\xff\xff\xff\xff", "remembers");
  EXPECT_THROW(read_pickle({}), Error);
  EXPECT_THROW(read_operations("X\xff\xff\xff\xff"), Error);
}

TEST(PickleReader, EndsWithItsBytes) {
  const std::string bytes = pickle(pickled_object("A", pickled_text("weight") + pickled_tensor()));
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_THROW(read_pickle(std::as_bytes(std::span(bytes).first(size))), Error) << size;
  }
}

TEST(PickleReader, NestsAsDeepAsModulesAndNotDeeper) {
  std::string deep;
  for (int i = 0; i < 200'000; ++i) deep += "\x85";
  expect_pickle_refused("N" + deep, "nests deeper");
  EXPECT_NO_THROW(read_operations("N" + deep.substr(0, 50)));
}

}  // namespace
}  // namespace deepcache_gen
