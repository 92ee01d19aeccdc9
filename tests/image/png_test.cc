#include "image/png.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <zlib.h>

#include <cstring>
#include <string>

#include "support/error.h"

#define STB_IMAGE_IMPLEMENTATION
#define STB_IMAGE_STATIC
#define STBI_ONLY_PNG
#define STBI_NO_STDIO
#include <stb/stb_image.h>

namespace deepcache_gen {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::ThrowsMessage;

struct Chunk {
  std::string type, data;
};

std::uint32_t number_at(const std::vector<std::uint8_t>& bytes, std::size_t at) {
  return std::uint32_t{bytes.at(at)} << 24 | bytes.at(at + 1) << 16 | bytes.at(at + 2) << 8 | bytes.at(at + 3);
}

// Reads the file as the PNG specification says, and checks every CRC.
std::vector<Chunk> read_chunks(const std::vector<std::uint8_t>& png) {
  EXPECT_EQ(std::string(png.begin(), png.begin() + 8), "\x89PNG\r\n\x1a\n");
  std::vector<Chunk> chunks;
  for (std::size_t at = 8; at < png.size();) {
    const std::size_t size = number_at(png, at);
    const std::string content(png.begin() + static_cast<long>(at) + 4, png.begin() + static_cast<long>(at + 8 + size));
    EXPECT_EQ(number_at(png, at + 8 + size),
              crc32(0, reinterpret_cast<const Bytef*>(content.data()), static_cast<uInt>(content.size())));
    chunks.push_back({content.substr(0, 4), content.substr(4)});
    at += size + 12;
  }
  return chunks;
}

std::vector<std::string> types(const std::vector<Chunk>& chunks) {
  std::vector<std::string> result;
  for (const Chunk& chunk : chunks) result.push_back(chunk.type);
  return result;
}

Image checkered(int width, int height) {
  Image image{width, height, {}};
  for (int i = 0; i < width * height * 3; ++i) image.pixels.push_back(static_cast<std::uint8_t>(i * 37 % 256));
  return image;
}

TEST(EncodePng, CanBeReadBack) {
  for (const auto& [width, height] : {std::pair{1, 1}, {3, 5}, {128, 64}}) {
    const Image image = checkered(width, height);
    const std::vector<std::uint8_t> png = encode_png(image, {{"parameters", "a boat"}});
    int read_width = 0, read_height = 0, channels = 0;
    stbi_uc* pixels =
        stbi_load_from_memory(png.data(), static_cast<int>(png.size()), &read_width, &read_height, &channels, 0);
    ASSERT_NE(pixels, nullptr);
    EXPECT_EQ(read_width, width);
    EXPECT_EQ(read_height, height);
    EXPECT_EQ(channels, 3);
    EXPECT_EQ(std::memcmp(pixels, image.pixels.data(), image.pixels.size()), 0);
    stbi_image_free(pixels);
  }
}

TEST(EncodePng, PutsLatin1TextInATextChunkAfterTheHeader) {
  const std::vector<Chunk> chunks = read_chunks(encode_png(checkered(4, 4), {{"parameters", "caf\u00e9\nSteps: 1"}}));
  EXPECT_THAT(types(chunks), ElementsAre("IHDR", "tEXt", "IDAT", "IEND"));
  EXPECT_EQ(chunks[1].data, std::string("parameters\0caf\xE9\nSteps: 1", 24));
}

TEST(EncodePng, PutsOtherTextInAnInternationalChunk) {
  for (const std::string text : {"\u6d77", "\U0001F6A2 boat", "\u0100"}) {
    const std::vector<Chunk> chunks = read_chunks(encode_png(checkered(4, 4), {{"parameters", text}}));
    EXPECT_THAT(types(chunks), ElementsAre("IHDR", "iTXt", "IDAT", "IEND"));
    EXPECT_EQ(chunks[1].data, std::string("parameters\0\0\0\0\0", 15) + text);
  }
}

TEST(EncodePng, WritesNoTextChunkWithoutTexts) {
  EXPECT_THAT(types(read_chunks(encode_png(checkered(4, 4), {}))), ElementsAre("IHDR", "IDAT", "IEND"));
}

TEST(EncodePng, RejectsWhatIsNoImage) {
  EXPECT_THAT([] { encode_png({0, 8, {}}, {}); }, ThrowsMessage<Error>(HasSubstr("0x8")));
  EXPECT_THAT([] { encode_png({8, 8, {1, 2, 3}}, {}); }, ThrowsMessage<Error>(HasSubstr("3 samples")));
  EXPECT_THROW(encode_png(checkered(4, 4), {{"", "text"}}), Error);
  EXPECT_THROW(encode_png(checkered(4, 4), {{std::string(80, 'k'), "text"}}), Error);
}

}  // namespace
}  // namespace deepcache_gen
