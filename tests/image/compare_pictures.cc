// compare_pictures WIDTH HEIGHT A B: prints PSNR and SSIM of two files of RGB samples, for the parity tests.
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>

#include "image/quality.h"

namespace {

deepcache_gen::Image read(int width, int height, const char* file) {
  std::ifstream stream(file, std::ios::binary);
  return {width, height, {std::istreambuf_iterator<char>(stream), {}}};
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 5) return 2;
  const int width = std::atoi(argv[1]), height = std::atoi(argv[2]);
  const deepcache_gen::Image a = read(width, height, argv[3]), b = read(width, height, argv[4]);
  std::printf("%.17g %.17g\n", deepcache_gen::psnr(a, b), deepcache_gen::ssim(a, b));
}
