#include "backend/archive/saved_pickle.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "backend/archive/made_pickle.h"
#include "backend/archive/refusal.h"

namespace deepcache_gen {
namespace {

using namespace std::string_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::ThrowsMessage;

PickleReference read_saved(const std::string& operations) {
  const std::string bytes = pickle(operations);
  return read_saved_pickle(std::as_bytes(std::span(bytes)));
}

void expect_saved_refused(const std::string& operations, const std::string& words) {
  EXPECT_THAT([&] { read_saved(operations); }, ThrowsMessage<RefusedArchive>(HasSubstr(words)));
}

std::string global(const std::string& module, const std::string& name) { return "c" + module + "\n" + name + "\n"; }

const std::string kEmptyDict = global("collections", "OrderedDict") + ")R";

std::string saved_tensor(const std::string& device = "cuda:0") {
  return global("torch._utils", "_rebuild_tensor_v2") + "((" + pickled_text("storage") +
         global("torch", "HalfStorage") + pickled_text("7") + pickled_text(device) +
         "K\x06tQK\x00(K\x02K\x03t(K\x03K\x01t\x89"s + kEmptyDict + "tR";
}

std::string parameter() {
  return global("torch._utils", "_rebuild_parameter") + saved_tensor() + "\x88" + kEmptyDict + "\x87R";
}

const PickleValue& item(const PickleReference& dict, const std::string& key) {
  return *std::get<PickleDict>(dict->value).items.at(key);
}

TEST(SavedPickle, ReadsDictionariesThatAreNotedBeforeTheyAreFilled) {
  const PickleReference dict = read_saved("}q\0("s + pickled_text("name") + pickled_text("x") + pickled_text("in") +
                                          "}q\x01" + pickled_text("y") + "K\x05su" + pickled_text("more") + "Ns");
  EXPECT_EQ(std::get<std::string>(item(dict, "name").value), "x");
  EXPECT_TRUE(std::holds_alternative<PickleNone>(item(dict, "more").value));
  const auto& inner = std::get<PickleDict>(item(dict, "in").value);
  EXPECT_EQ(std::get<std::int64_t>(inner.items.at("y")->value), 5);
}

TEST(SavedPickle, ReadsParameters) {
  const PickleReference dict = read_saved("}" + pickled_text("*") + parameter() + "s");
  const auto& tensor = std::get<PickleTensor>(item(dict, "*").value);
  EXPECT_EQ(tensor.storage.type, "torch.HalfStorage");
  EXPECT_EQ(tensor.storage.record, "7");
  EXPECT_THAT(tensor.sizes, ElementsAre(2, 3));
}

TEST(SavedPickle, ReadsListsAndSets) {
  const auto items = std::get<PickleTuple>(read_saved("]K\x01"
                                                      "aK\x02"
                                                      "a(K\x03K\x04"
                                                      "e")
                                               ->value)
                         .items;
  EXPECT_EQ(items.size(), 4u);
  const PickleReference set = read_saved(global("__builtin__", "set") + "](" + pickled_text("a") + "e\x85R");
  EXPECT_EQ(std::get<PickleTuple>(set->value).items.size(), 1u);
}

TEST(SavedPickle, ReadsParameterDicts) {
  const std::string type = global("torch.nn.modules.container", "ParameterDict");
  const PickleReference value = read_saved("(" + type + ")\x81q\0}"s + pickled_text("_parameters") + kEmptyDict +
                                           pickled_text("*") + parameter() + "ssbh\0t"s);
  const auto& twice = std::get<PickleTuple>(value->value).items;
  ASSERT_EQ(twice.size(), 2u);
  EXPECT_EQ(twice[0], twice[1]) << "what was noted when it was begun is the object";
  const auto& attributes = std::get<PickleObject>(twice[0]->value).attributes;
  EXPECT_TRUE(std::holds_alternative<PickleTensor>(item(attributes.at("_parameters"), "*").value));
}

TEST(SavedPickle, SharesWhatIsComplete) {
  const auto items = std::get<PickleTuple>(read_saved("(}q\0"s + pickled_text("a") + "K\x01s\x85h\0t"s)->value).items;
  ASSERT_EQ(items.size(), 2u);
  EXPECT_EQ(std::get<PickleTuple>(items[0]->value).items[0], items[1]);
}

TEST(SavedPickle, CallsNothing) {
  expect_saved_refused(global("os", "system") + pickled_text("touch x") + "\x85R", "os.system");
  expect_saved_refused(global("posix", "system") + pickled_text("touch x") + "\x85R", "posix.system");
  expect_saved_refused(global("builtins", "eval") + pickled_text("1") + "\x85R", "builtins.eval");
  expect_saved_refused(global("builtins", "getattr"), "builtins.getattr");
  expect_saved_refused(global("torch", "load"), "torch.load");
  expect_saved_refused(global("torch", "FloatStorage") + ")R", "calls torch.FloatStorage");
  expect_saved_refused(global("torch.nn.modules.container", "ParameterDict") + ")R", "calls torch.nn");
  expect_saved_refused(global("torch", "FloatStorage") + ")\x81", "an object of torch.FloatStorage");
  expect_saved_refused("i"s + "os\nsystem\n", "operation 105");
  expect_saved_refused("\x93", "operation 147");
  expect_saved_refused(kEmptyDict + "}b", "a class");
}

TEST(SavedPickle, HoldsNothingThatHoldsItself) {
  expect_saved_refused("}q\0"s + pickled_text("a") + "h\0s"s, "holds itself");
  expect_saved_refused("]q\0h\0a"s, "holds itself");
  expect_saved_refused(global("torch.nn.modules.container", "ParameterDict") + ")\x81q\0h\0b"s, "holds itself");
  expect_saved_refused(global("torch.nn.modules.container", "ParameterDict") + ")\x81", "not complete");
}

// Nobody fills what is part of something already: it might be put into itself.
TEST(SavedPickle, FillsOnlyWhatIsOpen) {
  expect_saved_refused(
      "}q\0\x85"
      "0"s,
      "operation 48");
  expect_saved_refused("(}q\0\x85h\0"s + pickled_text("a") + "K\x01s"s, "a dictionary");
  expect_saved_refused(
      "K\x01"
      "K\x02"
      "a",
      "a list");
  expect_saved_refused("]" + pickled_text("a") + "K\x01s", "a dictionary");
}

TEST(SavedPickle, TakesTextsAsKeys) {
  expect_saved_refused("}K\x01K\x02s", "a text as a dictionary's key");
  expect_saved_refused("}(" + pickled_text("a") + "u", "a dictionary that is none");
  expect_saved_refused("}(" + pickled_text("a") + "K\x01" + pickled_text("a") + "K\x01u", "'a' twice");
}

TEST(SavedPickle, EndsWithItsBytes) {
  const std::string bytes = pickle("}" + pickled_text("*") + parameter() + "s");
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_THROW(read_saved_pickle(std::as_bytes(std::span(bytes).first(size))), Error) << size;
  }
}

TEST(SavedPickle, DoesNotNestDeep) {
  std::string deep;
  for (int i = 0; i < 200'000; ++i) deep += "]";
  for (int i = 0; i < 199'999; ++i) deep += "a";
  expect_saved_refused(deep, "nests deeper");
}

}  // namespace
}  // namespace deepcache_gen
