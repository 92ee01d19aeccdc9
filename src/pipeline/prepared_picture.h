#pragma once

#include <optional>
#include <string>
#include <vector>

#include "image/gray_image.h"
#include "image/image.h"
#include "pipeline/request.h"

namespace deepcache_gen {

/// What a pass from a picture works on, in the size of the pass.
struct PreparedPicture {
  Image image;
  std::optional<GrayImage> mask;  ///< from 128 on painted anew
};

/// The init picture and the mask of these settings, read again, resized or, with padding around the mask, cut out, as
/// diffusers' inpainting pipelines do it. Throws `Error` where a file has changed.
PreparedPicture prepare_picture(const GenerationSettings& settings);

/// The picture that was made, put back into the init picture where the settings say so: the box that was cut out, and
/// with `keep_unmasked` what the mask leaves black.
Image put_back(const GenerationSettings& settings, Image made);

/// What the user should know of how these settings' pictures are used, a line each.
std::vector<std::string> notes_on_input(const GenerationSettings& settings);

/// Throws `UsageError` where the mask leaves nothing to paint.
void require_something_masked(const GenerationSettings& settings);

}  // namespace deepcache_gen
