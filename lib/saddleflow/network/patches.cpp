#include "saddleflow/network/patches.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "saddleflow/base/error.hpp"

namespace saddleflow {

PatchGeometry sequence_patches(Index positions, Index channels, Index kernel, Index stride) {
  return {1, positions, channels, 1, kernel, 1, stride};
}

PatchGeometry image_patches(Index height, Index width, Index channels, Index kernel, Index stride) {
  return {height, width, channels, kernel, kernel, stride, stride};
}

void check_patches(const PatchGeometry& g) {
  if (std::min({g.height, g.width, g.channels, g.kernel_height, g.kernel_width, g.stride_height,
                g.stride_width}) < 1)
    throw InputError(fmt::format(
        "convolution: found an image of {} x {} with {} channels, a kernel of {} x {} and strides "
        "{} and {}, expected positive numbers",
        g.height, g.width, g.channels, g.kernel_height, g.kernel_width, g.stride_height, g.stride_width));
  if (g.kernel_height > g.height || g.kernel_width > g.width)
    throw InputError(
        fmt::format("convolution: found a kernel of {} x {}, expected at most the {} x {} of the image",
                    g.kernel_height, g.kernel_width, g.height, g.width));
  constexpr Index most = std::numeric_limits<int>::max();
  if (g.height > most || g.width > most / g.height || g.channels > most / (g.height * g.width))
    throw InputError(
        fmt::format("convolution: found an image of {} x {} with {} channels, expected at most {} "
                    "numbers",
                    g.height, g.width, g.channels, most));
}

Matrix gather_patches(const PatchGeometry& g, const Matrix& samples) {
  const Index n = samples.cols();
  Matrix patches(g.patch_size(), n * g.patch_count());
  for (Index q = 0; q < g.patch_count(); ++q) {
    const Index top = g.stride_height * (q % g.patch_rows()), left = g.stride_width * (q / g.patch_rows());
    for (Index c = 0; c < g.channels; ++c)
      for (Index w = 0; w < g.kernel_width; ++w)
        patches.block(g.kernel_height * (w + g.kernel_width * c), n * q, g.kernel_height, n) =
            samples.middleRows(top + g.height * (left + w + g.width * c), g.kernel_height);
  }
  return patches;
}

}  // namespace saddleflow
