#include "model/model_folders.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/environment_variable.h"
#include "support/error.h"
#include "support/temporary_folder.h"

namespace deepcache_gen {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::ThrowsMessage;

class ModelFolders : public testing::Test {
 protected:
  void add(const std::string& folder) {
    std::filesystem::create_directories(folder_ / folder);
    write_text(folder_ / folder / "model.json", "{}");
  }
  // Names and folders, the latter below the test's.
  std::vector<std::string> found(const std::vector<std::string>& places) {
    std::vector<std::filesystem::path> path;
    for (const std::string& place : places) path.push_back(folder_ / place);
    std::vector<std::string> models;
    for (const FoundModel& model : find_models(path))
      models.push_back(model.name + "=" + model.folder.lexically_relative(folder_.path()).string());
    return models;
  }

  TemporaryFolder folder_;
};

TEST_F(ModelFolders, AreFoundByPlaceAndThenByName) {
  for (const char* folder : {"one/b", "one/a", "two/c", "two/a"}) add(folder);
  std::filesystem::create_directories(folder_ / "one/no model");
  write_text(folder_ / "one/file", "");
  EXPECT_THAT(found({"one", "none", "two"}), ElementsAre("a=one/a", "b=one/b", "c=two/c"));
  EXPECT_THAT(found({"two/", "one"}), ElementsAre("a=two/a", "c=two/c", "b=one/b"));
}

TEST_F(ModelFolders, APlaceMayBeAModel) {
  add("one/a");
  EXPECT_THAT(found({"one/a"}), ElementsAre("a=one/a"));
  EXPECT_THAT(found({"one/a/"}), ElementsAre("a=one/a"));
}

TEST_F(ModelFolders, ANameIsLookedUpAndAPathIsNot) {
  add("one/a");
  const std::vector<std::filesystem::path> path{folder_ / "one"};
  EXPECT_EQ(find_model_folder("a", path), folder_ / "one/a");
  EXPECT_EQ(find_model_folder("./a", path), "./a");
  EXPECT_EQ(find_model_folder(folder_ / "one/b", path), folder_ / "one/b") << "its reader says that it isn't there";
}

TEST_F(ModelFolders, AModelIsMeantBeforeWhatItWasMadeOf) {
  add("one/sd15");
  const std::filesystem::path before = std::filesystem::current_path();
  std::filesystem::current_path(folder_.path());
  std::filesystem::create_directories("sd15");
  EXPECT_EQ(find_model_folder("sd15", {folder_ / "one"}), folder_ / "one/sd15");
  EXPECT_EQ(find_model_folder("sd15", {}), "sd15");
  add("sd15");
  EXPECT_EQ(find_model_folder("sd15", {folder_ / "one"}), "sd15");
  std::filesystem::current_path(before);
}

TEST_F(ModelFolders, ANewModelGoesWhereItIsFound) {
  const EnvironmentVariable data("XDG_DATA_HOME", "/data");
  add("one");
  std::filesystem::create_directories(folder_ / "two");
  EXPECT_EQ(folder_of_new_models("/chosen"), "/chosen");
  {
    const std::string list = "/none:" + (folder_ / "one").string() + ":" + (folder_ / "two").string();
    const EnvironmentVariable models("DEEPCACHE_GEN_MODELS", list);
    EXPECT_EQ(folder_of_new_models({}), folder_ / "two") << "the first is not there, the second a model";
  }
  const EnvironmentVariable models("DEEPCACHE_GEN_MODELS", std::nullopt);
  EXPECT_EQ(folder_of_new_models({}), "/data/deepcache-gen/models");
  const EnvironmentVariable no_data("XDG_DATA_HOME", std::nullopt);
  const EnvironmentVariable no_home("HOME", std::nullopt);
  EXPECT_THROW(folder_of_new_models({}), Error);
}

TEST_F(ModelFolders, AnUnknownNameIsExplained) {
  add("one/watercolour");
  EXPECT_THAT([&] { find_model_folder("watercolor", {folder_ / "one"}); },
              ThrowsMessage<UsageError>(AllOf(HasSubstr("unknown model 'watercolor'; did you mean 'watercolour'?"),
                                              HasSubstr("no such folder"))));
}

TEST_F(ModelFolders, PlacesComeInTheirOrder) {
  const EnvironmentVariable home("HOME", "/home/me");
  const auto first_places = [](const std::optional<std::filesystem::path>& chosen) {
    std::vector<std::filesystem::path> places = model_search_path(chosen);
    // The last is that of the embedded model, which a test may not have.
    while (!places.empty() && places.back().string().find("deepcache-gen/models") == std::string::npos &&
           places.back().string().find("/x") == std::string::npos)
      places.pop_back();
    return places;
  };
  {
    const EnvironmentVariable models("DEEPCACHE_GEN_MODELS", "/x1:/x2::");
    const EnvironmentVariable data("XDG_DATA_HOME", "/x3");
    EXPECT_THAT(first_places("/x0"), ElementsAre("/x0", "/x1", "/x2", "/x3/deepcache-gen/models"));
  }
  const EnvironmentVariable models("DEEPCACHE_GEN_MODELS", "");
  const EnvironmentVariable data("XDG_DATA_HOME", std::nullopt);
  EXPECT_THAT(first_places({}), ElementsAre("/home/me/.local/share/deepcache-gen/models"));
}

}  // namespace
}  // namespace deepcache_gen
