#include "saddleflow/network/bilinear_places.hpp"

#include <fmt/format.h>

#include <limits>

#include "saddleflow/base/error.hpp"

namespace saddleflow {
namespace {

Layout bilinear_layout(Index rows, Index columns, Index width, BilinearOuter outer) {
  constexpr Index most = std::numeric_limits<int>::max();
  if (rows < 1 || columns < 1 || width < 1 || rows > most || columns > most / rows)
    throw InputError(
        fmt::format("bilinear network: found {} x {} matrices and {} neurons, expected positive numbers and "
                    "at most {} entries of a matrix",
                    rows, columns, width, most));
  if (outer == BilinearOuter::trained) return Layout({{width, rows + columns}, {1, width}});
  return Layout({{width, rows}, {columns, width}});
}

}  // namespace

BilinearPlaces::BilinearPlaces(Index rows, Index columns, Index width, BilinearOuter outer)
    : rows_(rows),
      columns_(columns),
      width_(width),
      outer_(outer),
      layout_(bilinear_layout(rows, columns, width, outer)) {}

BilinearFactors BilinearPlaces::factors() const {
  return {Matrix::Zero(width_, rows_), Matrix::Zero(width_, columns_), Vector::Zero(width_)};
}

void BilinearPlaces::read(const Vector& w, Real outer, BilinearFactors& factors) const {
  const ConstMatrixView first = layout_.matrix(w, 0), second = layout_.matrix(w, 1);
  factors.a = first.leftCols(rows_);
  if (has_outer()) {
    factors.b = first.rightCols(columns_);
    factors.v = second.row(0).transpose();
  } else {
    factors.b = second.transpose();
    factors.v.setConstant(outer);
  }
}

void BilinearPlaces::write(const BilinearFactors& factors, Vector& w) const {
  MatrixView first = layout_.matrix(w, 0), second = layout_.matrix(w, 1);
  first.leftCols(rows_) = factors.a;
  if (has_outer()) {
    first.rightCols(columns_) = factors.b;
    second.row(0) = factors.v.transpose();
  } else {
    second = factors.b.transpose();
  }
}

}  // namespace saddleflow
