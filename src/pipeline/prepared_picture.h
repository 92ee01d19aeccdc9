#pragma once

#include <optional>
#include <string>
#include <vector>

#include "image/gray_image.h"
#include "image/image.h"
#include "image/mask_area.h"
#include "pipeline/request.h"

namespace deepcache_gen {

/// What a picture that was made is put into.
struct Surroundings {
  Image picture;
  GrayImage mask;              ///< of the picture's size: what it leaves black is the picture's own
  std::optional<CropBox> box;  ///< where the made one belongs; unset: it is all of it
};

/// What a pass from a picture works on, in the size of the pass.
struct PreparedPicture {
  Image image;
  std::optional<GrayImage> mask;             ///< from 128 on painted anew
  std::optional<Surroundings> surroundings;  ///< unset: what is made is the whole picture
};

/// The init picture and the mask of these settings, read again, resized or, with padding around the mask, cut out, as
/// diffusers' inpainting pipelines do it. Throws `Error` where a file has changed.
PreparedPicture prepare_picture(const GenerationSettings& settings);

/// The picture of a control net in the size of a pass: resized or, where the area of that box of the init picture is
/// painted alone, cut out of it as that area is. Throws `Error` where the file has changed.
Image prepare_control_picture(const InputPicture& picture, const std::optional<CropBox>& box,
                              const GenerationSettings& settings, int width, int height);

/// The picture that was made, put into its surroundings as diffusers' `apply_overlay` does.
Image put_back(const std::optional<Surroundings>& surroundings, Image made);

/// What the user should know of how these settings' pictures are used, a line each.
std::vector<std::string> notes_on_input(const GenerationSettings& settings);

/// Throws `UsageError` where the mask, whose picture is `mask`, leaves nothing to paint.
void require_something_masked(const GenerationSettings& settings, const Image& mask);

}  // namespace deepcache_gen
