// Where each weight lies in the parameter vector: the one place that knows.
#pragma once

#include <utility>
#include <vector>

#include "saddleflow/base/real.hpp"

namespace saddleflow {

/// One weight matrix W_l: rows = fan_out, cols = fan_in, stored column-major from `offset`.
struct LayerShape {
  Index rows = 0;
  Index cols = 0;
  Index offset = 0;
  Index size() const { return rows * cols; }
};

/// Layer, row and column of one parameter (all counted from 0).
struct ParameterPlace {
  int layer = 0;
  Index row = 0;
  Index column = 0;
};

/// Parameters layer after layer, each W_l column-major (fan_out x fan_in).
class Layout {
 public:
  Layout() = default;
  /// `shapes`: {rows, cols} of each layer; offsets are computed. Throws InputError for an empty matrix or
  /// more than 2^31 - 1 parameters.
  explicit Layout(const std::vector<std::pair<Index, Index>>& shapes);

  Index size() const { return size_; }
  int layer_count() const { return static_cast<int>(layers_.size()); }
  const LayerShape& layer(int l) const { return layers_[static_cast<std::size_t>(l)]; }
  /// Views of W_l inside a weight vector w of length size().
  MatrixView matrix(Vector& w, int l) const;
  ConstMatrixView matrix(const Vector& w, int l) const;
  /// Throws InputError for a number outside 0 .. size()-1.
  ParameterPlace place(Index parameter) const;

 private:
  std::vector<LayerShape> layers_;
  Index size_ = 0;
};

}  // namespace saddleflow
