#pragma once

// libjpeg's headers need what <cstdio> declares, and do not include it.
// clang-format off
#include <cstdio>
#include <jpeglib.h>
#include <jerror.h>
// clang-format on
