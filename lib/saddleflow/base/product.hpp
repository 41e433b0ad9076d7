// Products of dense matrices, for the passes of a network over its samples.
#pragma once

#include <algorithm>

#include "saddleflow/base/real.hpp"

namespace saddleflow {

/// Blocks of rows and columns of column-major matrices.
using ConstMatrixRef = Eigen::Ref<const Matrix, 0, Eigen::OuterStride<>>;
using MatrixRef = Eigen::Ref<Matrix, 0, Eigen::OuterStride<>>;

/// What becomes of the numbers that are there.
enum class Sum { replace, add };

/// Most terms of a sum that are added up in registers: the factors of a tile then fit into the first cache.
inline constexpr Index kInnerBlock = 128;
/// How many terms the pieces of a sum have, all but the last one: as few pieces as may be, of equal length.
inline Index piece_of(Index terms) {
  const Index pieces = std::max<Index>(1, (terms + kInnerBlock - 1) / kInnerBlock);
  return (terms + pieces - 1) / pieces;
}
/// Results with fewer rows, those that do not fill a register, are left to Eigen.
inline constexpr Index kFewRows = Eigen::internal::packet_traits<Real>::size;

/// The products below, for results with kFewRows rows or more.
void tiled_product(const ConstMatrixRef& a, const ConstMatrixRef& b, MatrixRef c, Sum sum);
void tiled_product_transposed(const ConstMatrixRef& a, const ConstMatrixRef& b, MatrixRef c, Sum sum);
void tiled_transposed_product(const ConstMatrixRef& a, const ConstMatrixRef& b, MatrixRef c, Sum sum);

/// c = expression, or c += expression.
template <class Expression, class C>
void sum_up(const Expression& expression, C& c, Sum sum) {
  if (sum == Sum::replace)
    c.noalias() = expression;
  else
    c.noalias() += expression;
}

// A result has its shape given and does not overlap the factors; no memory is taken from the heap. Long sums,
// and columns of results with few rows, go in pieces (piece_of()), of which each is added as a whole: a
// product over many samples has the same bits in such pieces of the samples and at once.
//
// The tiles keep more numbers in registers than those of Eigen 3.4, which knows four columns a tile, and do
// not copy the right factor: 1.2 to 1.9 times as fast on the shapes that networks have (20 x 10 to 1000 x 50,
// 100 to 500 samples; with AVX-512).

/// c = a b, or c += a b.
template <class A, class B, class C>
void product(const A& a, const B& b, C&& c, Sum sum = Sum::replace) {
  if (c.rows() >= kFewRows) return tiled_product(a, b, c, sum);
  for (Index j = 0, piece = piece_of(b.cols()); j < b.cols(); j += piece) {
    auto part = c.middleCols(j, std::min(piece, b.cols() - j));
    sum_up(a * b.middleCols(j, part.cols()), part, sum);
  }
}

/// c = a b^T: with samples as columns, the sum over samples of a weight matrix's gradient.
template <class A, class B, class C>
void product_transposed(const A& a, const B& b, C&& c, Sum sum = Sum::replace) {
  if (c.rows() >= kFewRows) return tiled_product_transposed(a, b, c, sum);
  if (a.cols() == 0 && sum == Sum::replace) c.setZero();
  for (Index q = 0, piece = piece_of(a.cols()); q < a.cols(); q += piece) {
    const Index terms = std::min(piece, a.cols() - q);
    sum_up(a.middleCols(q, terms) * b.middleCols(q, terms).transpose(), c, q == 0 ? sum : Sum::add);
  }
}

/// c = a^T b: with a weight matrix a, what goes back through it.
template <class A, class B, class C>
void transposed_product(const A& a, const B& b, C&& c, Sum sum = Sum::replace) {
  if (c.rows() >= kFewRows) return tiled_transposed_product(a, b, c, sum);
  for (Index j = 0, piece = piece_of(b.cols()); j < b.cols(); j += piece) {
    auto part = c.middleCols(j, std::min(piece, b.cols() - j));
    sum_up(a.transpose() * b.middleCols(j, part.cols()), part, sum);
  }
}

}  // namespace saddleflow
