#include "pipeline/tasks/task_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/error.h"

namespace deepcache_gen {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Key;
using testing::ThrowsMessage;

ModelInfo with_parts(const std::vector<std::string>& roles) {
  ModelInfo model{.name = "tiny"};
  for (const std::string& role : roles) {
    model.parts[role] = {role + ".pt", {}};
    model.files[role + ".pt"] = {.size = 3, .sha256 = std::string(64, 'a'), .same_as = {}};
    if (is_text_encoder(role)) model.text_encoders[role] = {};
  }
  return model;
}

// As one that changes a picture would be.
PictureTask made_up_task() {
  PictureTask task = task_of({});
  task.name = "made up";
  task.reads = [](const ModelInfo&) { return std::vector<std::string>{kUNet, kVaeDecoder, kVaeEncoder}; };
  return task;
}

TEST(ModelIdentities, CoverWhatEachTaskReads) {
  const ModelInfo model = with_parts({kUNet, kVaeDecoder, kVaeEncoder, "text_encoder", "text_encoder_2", "other"});
  ModelIdentities identities(model);
  EXPECT_THAT(identities.of(task_of({}))->parts,
              ElementsAre(Key("text_encoder"), Key("text_encoder_2"), Key("unet"), Key("vae_decoder")));
  EXPECT_THAT(identities.of(made_up_task())->parts, ElementsAre(Key("unet"), Key("vae_decoder"), Key("vae_encoder")));
}

TEST(ModelIdentities, AreMadeOnceForATask) {
  const ModelInfo model = with_parts({kUNet, kVaeDecoder, "text_encoder"});
  ModelIdentities identities(model);
  EXPECT_EQ(identities.of(task_of({})), identities.of(task_of({})));
}

TEST(ModelIdentities, NameThePartThatATaskLacks) {
  const ModelInfo model = with_parts({kUNet, kVaeDecoder, "text_encoder"});
  ModelIdentities identities(model);
  EXPECT_NO_THROW(identities.of(task_of({})));
  EXPECT_THAT([&] { identities.of(made_up_task()); },
              ThrowsMessage<Error>(HasSubstr("model tiny has no vae_encoder, which this needs")));
}

}  // namespace
}  // namespace deepcache_gen
