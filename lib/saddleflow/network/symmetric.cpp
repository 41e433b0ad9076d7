#include "saddleflow/network/symmetric.hpp"

#include <algorithm>

namespace saddleflow {

void mirror_upper(Matrix& a) {
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
  out.triangularView<Eigen::Upper>() += jacobian.transpose() * scaled;
}

}  // namespace saddleflow
