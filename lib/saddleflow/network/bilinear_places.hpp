// Where the factors of a bilinear network lie among its parameters.
#pragma once

#include "saddleflow/network/bilinear.hpp"
#include "saddleflow/network/layout.hpp"

namespace saddleflow {

/// Row k of `a` (width x rows) and `b` (width x columns) and entry k of `v` belong to neuron k.
struct BilinearFactors {
  Matrix a, b;
  Vector v;
};

/// See bilinear().
class BilinearPlaces {
 public:
  BilinearPlaces(Index rows, Index columns, Index width, BilinearOuter outer);

  const Layout& layout() const { return layout_; }
  Index rows() const { return rows_; }
  Index columns() const { return columns_; }
  Index width() const { return width_; }
  bool has_outer() const { return outer_ == BilinearOuter::trained; }

  /// The number of a parameter: a_k[i], b_k[j] and, where it is one, v_k.
  Index a(Index k, Index i) const { return k + width_ * i; }
  Index b(Index k, Index j) const {
    return width_ * rows_ + (has_outer() ? k + width_ * j : j + columns_ * k);
  }
  Index v(Index k) const { return width_ * (rows_ + columns_) + k; }

  BilinearFactors factors() const;  ///< of the right shapes, zero
  /// `outer`: what v is where it is no parameter, 1 of weights and 0 of a tangent.
  void read(const Vector& w, Real outer, BilinearFactors& factors) const;
  void write(const BilinearFactors& factors, Vector& w) const;

 private:
  Index rows_, columns_, width_;
  BilinearOuter outer_;
  Layout layout_;
};

}  // namespace saddleflow
