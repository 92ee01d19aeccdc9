#include "cli/commands/model_export.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "support/error.h"
#include "support/temporary_folder.h"

namespace deepcache_gen {
namespace {

TEST(ModelName, IsOneFolderThatCanBeNamed) {
  for (const char* name : {"sd15", "My model (1)", "v1.5", "ünicode"}) EXPECT_NO_THROW(check_model_name(name)) << name;
  for (const std::string name : {"", ".", "..", "a/b", "../a", "-x", ".hidden", "a\nb", "a\033[2J", "a\\b"})
    EXPECT_THROW(check_model_name(name), UsageError) << name;
  EXPECT_THROW(check_model_name(std::string(300, 'x')), UsageError);
}

TEST(EarlierExport, IsOfTheSameUnchangedSource) {
  const TemporaryFolder folder;
  for (const char* place : {"one", "two", "models/made"}) std::filesystem::create_directories(folder / place);
  const std::string one = (folder / "one/x.ckpt").string(), two = (folder / "two/x.ckpt").string();
  for (const std::string& file : {one, two}) write_text(file, "same");
  const nlohmann::json made{{"exporter", {{"source", "x.ckpt"}, {"source_identity", identity_of_source(one)}}}};
  write_text(folder / "models/made/model.json", made.dump());
  const std::vector<std::filesystem::path> places{folder / "models"};
  EXPECT_EQ(earlier_export((folder / "models/../one/x.ckpt").string(), places), folder / "models/made");
  EXPECT_FALSE(earlier_export(two, places)) << "another file of that name";
  write_text(one, "other");
  EXPECT_FALSE(earlier_export(one, places)) << "it is not what it was";
  for (const char* content : {"{}", "[]", "{\"exporter\": 1}", "{\"exporter\": {\"source_identity\": 2}}", ""}) {
    write_text(folder / "models/made/model.json", content);
    EXPECT_FALSE(earlier_export(one, places)) << content;
  }
}

}  // namespace
}  // namespace deepcache_gen
