#include "saddleflow/network/output_curvature.hpp"

#include <fmt/format.h>

#include "saddleflow/base/error.hpp"

namespace saddleflow {

void multiply(const OutputCurvature& c, const Matrix& v, Matrix& out) {
  out = c.diagonal.cwiseProduct(v);
  if (c.is_diagonal()) return;
  const Index outputs = v.rows();
  for (Index i = 0; i < v.cols(); ++i) {
    Index pair = 0;
    for (Index a = 0; a < outputs; ++a) {
      for (Index b = a + 1; b < outputs; ++b, ++pair) {
        out(a, i) += c.off_diagonal(pair, i) * v(b, i);
        out(b, i) += c.off_diagonal(pair, i) * v(a, i);
      }
    }
  }
}

Real bilinear(const Matrix& a, const OutputCurvature& c, const Matrix& b) {
  if (c.is_diagonal()) return a.cwiseProduct(c.diagonal).cwiseProduct(b).sum();
  Matrix product;
  multiply(c, b, product);
  return a.cwiseProduct(product).sum();
}

void multiply_sizes(const OutputCurvature& c, const Matrix& v, Matrix& out) {
  out = c.diagonal.cwiseProduct(v).cwiseAbs();
  if (c.is_diagonal()) return;
  const OutputCurvature sizes{c.diagonal.cwiseAbs(), c.off_diagonal.cwiseAbs()};
  multiply(sizes, v.cwiseAbs(), out);
}

void require_diagonal(const OutputCurvature& c, const char* network) {
  if (!c.is_diagonal())
    throw InputError(
        fmt::format("curvature: found {} pairs of outputs for a {} network, which has one output",
                    c.off_diagonal.rows(), network));
}

}  // namespace saddleflow
