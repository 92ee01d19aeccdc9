#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "support/json_object.h"

namespace deepcache_gen {

/// A folder of its own for each test, with files that the test writes; removed at the end.
class TinyVocabulary : public testing::Test {
 protected:
  TinyVocabulary() {
    std::filesystem::create_directories(folder_);
    write("vocab.json", R"({"!": 0, "a": 1, "b": 2, "c": 3, "a</w>": 4, "b</w>": 5, "c</w>": 6, "!</w>": 7, "ab": 8,
                            "bc</w>": 9, "abc</w>": 10, "<|startoftext|>": 11, "<|endoftext|>": 12, "?": 13})");
    write("merges.txt", "#version: 0.2\nb c</w>\na b\na bc</w>\n");
  }
  ~TinyVocabulary() override { std::filesystem::remove_all(folder_); }

  void write(const std::string& name, std::string_view content) const {
    std::ofstream(folder_ / name, std::ios::binary) << content;
  }

  /// The tokenizer section for the files above, some fields replaced.
  JsonObject config(const nlohmann::json& changes = nlohmann::json::object()) const {
    nlohmann::json json = {{"type", "clip"},         {"vocabulary", "vocab.json"},
                           {"merges", "merges.txt"}, {"max_length", 8},
                           {"bos_id", 11},           {"eos_id", 12},
                           {"pad_id", 12},           {"unk_id", 12}};
    json.update(changes);
    return JsonObject(json, "model.json: tokenizer");
  }

  std::filesystem::path folder_ =
      std::filesystem::path(testing::TempDir()) /
      (std::string("deepcache_gen_") + testing::UnitTest::GetInstance()->current_test_info()->test_suite_name() + "_" +
       testing::UnitTest::GetInstance()->current_test_info()->name());
};

}  // namespace deepcache_gen
