#include "saddleflow/network/symmetric.hpp"

#include <algorithm>

#include "saddleflow/base/product.hpp"

namespace saddleflow {

void mirror_upper(Matrix& a) {
  // 8 KB of doubles, so that a tile and its mirror image stay in the first cache.
  constexpr Index tile = 32;
  const Index size = a.rows();
  for (Index j = 0; j < size; j += tile) {
    const Index columns = std::min(tile, size - j);
    for (Index i = 0; i < j; i += tile)
      a.block(j, i, columns, tile) = a.block(i, j, tile, columns).transpose();
    auto corner = a.block(j, j, columns, columns);
    for (Index k = 0; k < columns; ++k) corner.row(k).head(k) = corner.col(k).head(k).transpose();
  }
}

void add_weighted_gram(const Matrix& jacobian, const Eigen::Ref<const Vector>& c, Matrix& scaled,
                       Matrix& out) {
  scaled.array() = jacobian.array().colwise() * c.array();
  // Panels of columns rather than a product into triangularView, whose buffer grows with the matrix and is
  // taken from the heap. Wide enough to be efficient; what is computed below the diagonal is half a panel's
  // square.
  constexpr Index panel = 64;
  for (Index j = 0; j < out.cols(); j += panel) {
    const Index end = std::min(j + panel, out.cols());
    transposed_product(jacobian.leftCols(end), scaled.middleCols(j, end - j), out.block(0, j, end, end - j),
                       Sum::add);
  }
}

}  // namespace saddleflow
