#include "backend/archive/safetensors_header.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <limits>

#include "support/error.h"
#include "support/temporary_folder.h"

namespace deepcache_gen {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Pair;
using testing::ThrowsMessage;

std::string length_of(std::uint64_t size) {
  std::string bytes;
  for (int i = 0; i < 8; ++i) bytes += static_cast<char>(size >> 8 * i);
  return bytes;
}

// A file with this header in front of so many bytes.
std::string file_of(const std::string& header, std::size_t data = 0) {
  return length_of(header.size()) + header + std::string(data, '\0');
}

SafetensorsHeader parsed(const std::string& file) { return parse_safetensors_header(file, file.size()); }

constexpr const char* kTwo =
    R"({"__metadata__":{"a":"b"},"y":{"dtype":"F16","shape":[3],"data_offsets":[8,14]},)"
    R"("x":{"dtype":"F32","shape":[1,2],"data_offsets":[0,8]},"z":{"dtype":"I64","shape":[0,5],"data_offsets":[14,14]}})";

TEST(SafetensorsHeader, TellsOfEveryTensor) {
  const SafetensorsHeader header = parsed(file_of(kTwo, 14));
  EXPECT_THAT(header.metadata, ElementsAre(Pair("a", "b")));
  ASSERT_EQ(header.tensors.size(), 3u);
  const StoredTensor& y = header.tensors.at("y");
  EXPECT_EQ(y.dtype, "F16");
  EXPECT_THAT(y.sizes, ElementsAre(3));
  EXPECT_EQ(y.first, 8u);
  EXPECT_EQ(y.bytes, 6u);
  EXPECT_THAT(header.tensors.at("z").sizes, ElementsAre(0, 5));
  EXPECT_EQ(header.size, 8 + std::string(kTwo).size());
}

TEST(SafetensorsHeader, MayHoldNothingOrASingleNumber) {
  EXPECT_THAT(parsed(file_of("{}  ")).tensors, IsEmpty());
  const auto number = parsed(file_of(R"({"alpha":{"dtype":"BF16","shape":[],"data_offsets":[0,2]}})", 2));
  EXPECT_THAT(number.tensors.at("alpha").sizes, IsEmpty());
}

TEST(SafetensorsHeader, IsReadAloneFromAFile) {
  const TemporaryFolder folder;
  write_text(folder / "two", file_of(kTwo, 14));
  EXPECT_EQ(read_safetensors_header(folder / "two").tensors.size(), 3u);
}

struct Malformed {
  const char* name;
  std::string file;
  const char* said;
};
void PrintTo(const Malformed& malformed, std::ostream* stream) { *stream << malformed.name; }

std::string one(const std::string& tensor) { return file_of(R"({"x":)" + tensor + "}", 8); }

std::string nested(int levels) {
  return file_of(R"({"x":)" + std::string(levels, '[') + std::string(levels, ']') + "}");
}

std::string many_tensors() {
  std::string header = "{";
  for (int i = 0; i <= 100'000; ++i) header += '"' + std::to_string(i) + "\":0,";
  header.back() = '}';
  return file_of(header);
}

class MalformedSafetensors : public testing::TestWithParam<Malformed> {};

TEST_P(MalformedSafetensors, IsRefusedInOneLine) {
  const std::string& file = GetParam().file;
  EXPECT_THAT([&] { parsed(file); },
              ThrowsMessage<Error>(AllOf(HasSubstr(GetParam().said), testing::Not(HasSubstr("\n")))));
}

INSTANTIATE_TEST_SUITE_P(
    All, MalformedSafetensors,
    testing::Values(
        Malformed{"nothing", "", "it has 0 bytes"}, Malformed{"seven bytes", std::string(7, '\0'), "it has 7 bytes"},
        Malformed{"no header", std::string(8, '\0'), "no JSON object"},
        Malformed{"huge length", length_of(std::numeric_limits<std::uint64_t>::max()) + "{}", "18446744073709551615"},
        Malformed{"long length", length_of(3) + "{}", "begins with the number 3"},
        Malformed{"a pickle", "PK\x03\x04 archive/data.pkl", "no length of a header"},
        Malformed{"no JSON", file_of("{\"x\":"), "not valid JSON"},
        Malformed{"a list", file_of("[]"), "no JSON object"},
        Malformed{"not UTF-8", file_of("{\"\xff\":{}}"), "not valid JSON"},
        Malformed{"deep", nested(200'000), "levels deep"},
        Malformed{"many tensors", many_tensors(), "more than 100000"},
        Malformed{"twice", file_of(R"({"x":{},"x":{}})"), "'x' twice"},
        Malformed{"metadata of numbers", file_of(R"({"__metadata__":{"a":1}})"), "'a' is no text"},
        Malformed{"metadata of a list", file_of(R"({"__metadata__":["a"]})"), "no object of texts"},
        Malformed{"a number for a tensor", one("5"), "described by other than"},
        Malformed{"no dtype", one(R"({"a":1,"shape":[2],"data_offsets":[0,8]})"), "no text 'dtype'"},
        Malformed{"a dtype of its own", one(R"({"dtype":"F\u001b","shape":[2],"data_offsets":[0,8]})"), "'F\\x1b'"},
        Malformed{"a fraction", one(R"({"dtype":"F32","shape":[2.0],"data_offsets":[0,8]})"), "in shape"},
        Malformed{"negative size", one(R"({"dtype":"F32","shape":[-2],"data_offsets":[0,8]})"), "in shape"},
        Malformed{"negative offset", one(R"({"dtype":"F32","shape":[2],"data_offsets":[-8,0]})"), "in data_offsets"},
        Malformed{"one offset", one(R"({"dtype":"F32","shape":[2],"data_offsets":[8]})"), "outside of the file"},
        Malformed{"backwards", one(R"({"dtype":"F32","shape":[2],"data_offsets":[8,0]})"), "outside of the file"},
        Malformed{"beyond", one(R"({"dtype":"F32","shape":[2],"data_offsets":[8,16]})"), "outside of the file"},
        Malformed{"another shape", one(R"({"dtype":"F32","shape":[3],"data_offsets":[0,8]})"), "shape"},
        Malformed{"overflow", one(R"({"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,0]})"), "shape"},
        Malformed{"overflow to the same", one(R"({"dtype":"F32","shape":[4611686018427387906],"data_offsets":[0,8]})"),
                  "shape"},
        Malformed{"a size beyond 64 bits",
                  one(R"({"dtype":"F32","shape":[0,9223372036854775808],"data_offsets":[0,0]})"), "beyond 64 bits"},
        Malformed{"a hole", one(R"({"dtype":"F32","shape":[1],"data_offsets":[4,8]})"), "hole"},
        Malformed{"overlap",
                  one(R"({"dtype":"F32","shape":[1],"data_offsets":[0,4]},"y":{"dtype":"F32","shape":[2],)"
                      R"("data_offsets":[0,8]})"),
                  "overlaps"},
        Malformed{"too short", file_of(R"({"x":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}})", 7), "outside"},
        Malformed{"too long", file_of(R"({"x":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}})", 9),
                  "take 8 bytes, and after the header it has 9"}));

TEST(SafetensorsHeader, IsNotReadFromWhatIsNoFile) {
  const TemporaryFolder folder;
  ASSERT_EQ(mkfifo((folder / "pipe").c_str(), 0600), 0);
  const std::map<std::string, std::string> said{
      {"pipe", "is no regular file"}, {"", "is no regular file"}, {"none", "No such file"}};
  for (const auto& [name, problem] : said) {
    const std::filesystem::path file = folder / name;
    EXPECT_THAT([&] { read_safetensors_header(file); },
                ThrowsMessage<Error>(AllOf(HasSubstr(file.string() + ": "), HasSubstr(problem))));
  }
}

}  // namespace
}  // namespace deepcache_gen
