#include "model/checksums.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "model/verified_files.h"
#include "support/deep_json.h"
#include "support/environment_variable.h"
#include "support/error.h"
#include "support/sha256.h"
#include "support/temporary_folder.h"

namespace deepcache_gen {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::ThrowsMessage;

// Files of the system: a file that a test writes is too young to be remembered.
constexpr const char* kOldFile = "/bin/sh";
constexpr const char* kAnotherOldFile = "/bin/cat";

class Checksums : public testing::Test {
 protected:
  Checksums() : model_{.folder = folder_ / "model"} {
    std::filesystem::create_directory(model_.folder);
    put(kOldFile);
    model_.files["unet.pt"] = {.size = 0, .sha256 = sha256_of_file(kOldFile)};
  }
  void put(const std::filesystem::path& file) {
    std::filesystem::remove(model_.folder / "unet.pt");
    std::filesystem::create_symlink(std::filesystem::canonical(file), model_.folder / "unet.pt");
  }
  void remember(const std::string& sha256) {
    VerifiedFiles verified(model_.folder);
    verified.add("unet.pt", sha256, state(), now());
    verified.save();
  }
  bool is_remembered() {
    return VerifiedFiles(model_.folder).contain("unet.pt", model_.files["unet.pt"].sha256, state());
  }
  FileState state() { return file_state(model_.folder / "unet.pt").value(); }
  static std::chrono::nanoseconds now() { return std::chrono::system_clock::now().time_since_epoch(); }
  std::filesystem::path cache() { return folder_ / "cache/deepcache-gen/verified"; }

  TemporaryFolder folder_;
  EnvironmentVariable cache_home_{"XDG_CACHE_HOME", (folder_ / "cache").string()};
  ModelInfo model_;
};

TEST_F(Checksums, AreRemembered) {
  EXPECT_FALSE(is_remembered());
  VerifiedModel{model_};
  EXPECT_TRUE(is_remembered());
}

TEST_F(Checksums, ARememberedFileIsNotReadAgain) {
  model_.files["unet.pt"].sha256 = std::string(64, '0');
  EXPECT_THROW(VerifiedModel{model_}, Error);
  remember(std::string(64, '0'));
  EXPECT_NO_THROW(VerifiedModel{model_});
  EXPECT_EQ(compare_checksums(model_), (ChecksumResults{{"unet.pt", false}})) << "this reads in any case";
}

TEST_F(Checksums, AnotherFileIsReadAgain) {
  VerifiedModel{model_};
  put(kAnotherOldFile);
  EXPECT_FALSE(is_remembered());
  EXPECT_THAT([&] { VerifiedModel{model_}; }, ThrowsMessage<Error>(AllOf(HasSubstr("unet.pt"), HasSubstr("SHA-256"))));
}

TEST_F(Checksums, AnotherChecksumIsReadFor) {
  VerifiedModel{model_};
  model_.files["unet.pt"].sha256 = std::string(64, '0');
  EXPECT_THROW(VerifiedModel{model_}, Error);
}

TEST_F(Checksums, AFileThatChangedJustNowIsNotRemembered) {
  std::filesystem::remove(model_.folder / "unet.pt");
  std::filesystem::copy_file(kOldFile, model_.folder / "unet.pt");
  EXPECT_NO_THROW(VerifiedModel{model_});
  EXPECT_FALSE(is_remembered());
  EXPECT_FALSE(std::filesystem::exists(cache()));
}

TEST_F(Checksums, WhereTheClockIsBehindAFileItIsNotRemembered) {
  VerifiedFiles verified(model_.folder);
  verified.add("unet.pt", model_.files["unet.pt"].sha256, state(), state().changed - std::chrono::hours(1));
  EXPECT_FALSE(verified.contain("unet.pt", model_.files["unet.pt"].sha256, state()));
}

TEST_F(Checksums, TellInWhichStateAFileWasCompared) {
  const VerifiedModel verified(model_);
  EXPECT_EQ(verified.state_of("unet.pt"), state());
  put(kAnotherOldFile);
  EXPECT_NE(verified.state_of("unet.pt"), state());
}

// A part that another model lends, in a folder beside.
class BorrowedChecksums : public Checksums {
 protected:
  BorrowedChecksums() {
    std::filesystem::create_directory(lender_);
    put_decoder(kOldFile);
    const PartLender lender{"lender", lender_, {.size = 0, .sha256 = sha256_of_file(kOldFile)}};
    model_.parts[kVaeDecoder] = {"unet.pt", {}, lender};  // a name that the model has as well
  }
  void put_decoder(const std::filesystem::path& file) {
    std::filesystem::remove(decoder());
    std::filesystem::create_symlink(std::filesystem::canonical(file), decoder());
  }
  std::filesystem::path decoder() { return lender_ / "unet.pt"; }

  std::filesystem::path lender_ = folder_ / "lender";
};

TEST_F(BorrowedChecksums, AreComparedAndRememberedByTheLendersFolder) {
  const VerifiedModel verified(model_);
  EXPECT_EQ(verified.state_of_part(kVaeDecoder), file_state(decoder()).value());
  EXPECT_EQ(verified.state_of("unet.pt"), state());
  EXPECT_TRUE(
      VerifiedFiles(lender_).contain("unet.pt", model_.file_of(kVaeDecoder).sha256, file_state(decoder()).value()));
}

TEST_F(BorrowedChecksums, OfAnotherFileAreRefused) {
  put_decoder(kAnotherOldFile);
  EXPECT_THAT([&] { VerifiedModel{model_}; },
              ThrowsMessage<Error>(AllOf(HasSubstr(decoder().string()), HasSubstr("SHA-256"))));
}

TEST_F(BorrowedChecksums, OfAFileThatIsExchangedLaterAreNoticed) {
  const VerifiedModel verified(model_);
  EXPECT_NO_THROW(verified.check_unchanged());
  put_decoder(kAnotherOldFile);
  EXPECT_THAT([&] { verified.check_unchanged(); }, ThrowsMessage<Error>(HasSubstr(decoder().string())));
}

TEST_F(Checksums, WhatCannotBeKeptIsReadAgain) {
  write_text(folder_ / "cache", "a file, where a folder is wanted");
  EXPECT_NO_THROW(VerifiedModel{model_});
  EXPECT_FALSE(is_remembered());
}

TEST_F(Checksums, ASpoiltRecordIsReplaced) {
  VerifiedModel{model_};
  for (const std::string& text :
       {std::string(), std::string("{"), std::string("[1]"), deep_json(1000), std::string(R"({"unet.pt": 3})")}) {
    for (const auto& entry : std::filesystem::recursive_directory_iterator(cache())) {
      if (entry.is_regular_file()) write_text(entry.path(), text);
    }
    EXPECT_FALSE(is_remembered()) << text;
    VerifiedModel{model_};
    EXPECT_TRUE(is_remembered()) << text;
  }
}

}  // namespace
}  // namespace deepcache_gen
