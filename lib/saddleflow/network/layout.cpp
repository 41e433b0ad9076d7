#include "saddleflow/network/layout.hpp"

#include <fmt/format.h>

#include <cassert>
#include <limits>

#include "saddleflow/base/error.hpp"

namespace saddleflow {

Layout::Layout(const std::vector<std::pair<Index, Index>>& shapes) {
  layers_.reserve(shapes.size());
  for (const auto& [rows, cols] : shapes) {
    if (rows <= 0 || cols <= 0)
      throw InputError(
          fmt::format("layer {}: found a {} x {} weight matrix, expected at least one row and one column",
                      layers_.size(), rows, cols));
    if (rows > (std::numeric_limits<int>::max() - size_) / cols)
      throw InputError(fmt::format("layer {}: a {} x {} weight matrix takes the network beyond {} parameters",
                                   layers_.size(), rows, cols, std::numeric_limits<int>::max()));
    layers_.push_back({rows, cols, size_});
    size_ += rows * cols;
  }
}

MatrixView Layout::matrix(Vector& w, int l) const {
  assert(w.size() == size_);
  const LayerShape& shape = layer(l);
  return {w.data() + shape.offset, shape.rows, shape.cols};
}

ConstMatrixView Layout::matrix(const Vector& w, int l) const {
  assert(w.size() == size_);
  const LayerShape& shape = layer(l);
  return {w.data() + shape.offset, shape.rows, shape.cols};
}

ParameterPlace Layout::place(Index parameter) const {
  if (parameter < 0 || parameter >= size_)
    throw InputError(fmt::format("parameter {}: expected a number from 0 to {}", parameter, size_ - 1));
  int l = 0;
  while (parameter >= layer(l).offset + layer(l).size()) ++l;
  const Index local = parameter - layer(l).offset;
  return {l, local % layer(l).rows, local / layer(l).rows};
}

}  // namespace saddleflow
