// The patches of a sequence or an image that a convolution looks at.
#pragma once

#include "saddleflow/base/real.hpp"

namespace saddleflow {

/// A sample is an image of height x width positions with channels, stored with the height as the fastest
/// index and the channel as the slowest: entry h + height (w + width c). A sequence is an image of height 1,
/// hence its sample the matrix positions x channels, column after column. The kernel moves by whole strides
/// and stays inside (no padding); positions left over at the end belong to no patch. Patch q = q_h +
/// patch_rows() q_w starts at (stride_height q_h, stride_width q_w); its entries are ordered like those of a
/// sample. One patch that covers all is hence the sample itself.
struct PatchGeometry {
  Index height = 1, width = 1, channels = 1;
  Index kernel_height = 1, kernel_width = 1;
  Index stride_height = 1, stride_width = 1;

  Index input_count() const { return height * width * channels; }
  Index patch_size() const { return kernel_height * kernel_width * channels; }
  Index patch_rows() const { return (height - kernel_height) / stride_height + 1; }
  Index patch_columns() const { return (width - kernel_width) / stride_width + 1; }
  Index patch_count() const { return patch_rows() * patch_columns(); }
};

PatchGeometry sequence_patches(Index positions, Index channels, Index kernel, Index stride = 1);
PatchGeometry image_patches(Index height, Index width, Index channels, Index kernel, Index stride = 1);

/// InputError where a number is not positive, the kernel is larger than the image or the image too large.
void check_patches(const PatchGeometry& geometry);

/// The patches of all samples (input_count() x n) as columns, patch_size() x n patch_count(): that of patch q
/// of sample i is column i + n q.
Matrix gather_patches(const PatchGeometry& geometry, const Matrix& samples);

}  // namespace saddleflow
