#include "saddleflow/ode/switching/piecewise_fit.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace saddleflow {
namespace {

// The coefficients of this degree are known to 5e-12 of the largest (see amplification()), far below what is
// taken for rounding of them.
constexpr int kHighest = 15;
// Degree of the parts, and what they neglect against the largest value, a coefficient: as much as rounding.
// At this degree it grows by a factor 3e3 on its way to Bernstein coefficients.
constexpr int kLow = 12;
constexpr Real kNeglected = Real(2e-15);
// Parts shorter than 2^-12 of the step are not cut any more: at any degree that a step can have its parts
// are far longer.
constexpr Real kShortest = Real(1) / 4096;

std::vector<Real> extrema(int degree) {
  std::vector<Real> nodes;
  const auto n = static_cast<Real>(degree);
  for (int m = 0; m <= degree; ++m)
    nodes.push_back((1 - std::cos(std::numbers::pi_v<Real> * static_cast<Real>(m) / n)) / 2);
  nodes.front() = 0;
  nodes.back() = 1;
  return nodes;
}

/// T_j(2 x - 1) at these points, a row a point.
Matrix chebyshev(const std::vector<Real>& points, int degree) {
  Matrix t(static_cast<Index>(points.size()), degree + 1);
  for (Index m = 0; m < t.rows(); ++m) {
    const Real x = 2 * points[static_cast<std::size_t>(m)] - 1;
    t(m, 0) = 1;
    t(m, 1) = x;
    for (Index j = 2; j <= degree; ++j) t(m, j) = 2 * x * t(m, j - 1) - t(m, j - 2);
  }
  return t;
}

/// The discrete cosine transform at the extrema: sums with the first and last term halved.
Matrix to_coefficients(const std::vector<Real>& nodes, int degree) {
  Matrix c = chebyshev(nodes, degree).transpose() * (2 / static_cast<Real>(degree));
  for (const Index end : {Index(0), static_cast<Index>(degree)}) {
    c.row(end) /= 2;
    c.col(end) /= 2;
  }
  return c;
}

std::vector<Real> scaled(std::vector<Real> points, Real start, Real length) {
  for (Real& x : points) x = start + length * x;
  return points;
}

}  // namespace

PiecewiseFit::PiecewiseFit(int degree) : nodes_(extrema(degree)), low_(degree <= kHighest ? degree : kLow) {
  if (degree <= kHighest) return;
  coefficients_ = to_coefficients(nodes_, degree);
  left_ = chebyshev(scaled(nodes_, 0, Real(0.5)), degree) * coefficients_;
  right_ = chebyshev(scaled(nodes_, Real(0.5), Real(0.5)), degree) * coefficients_;
  to_low_ = chebyshev(low_.nodes(), degree) * coefficients_;
}

Real PiecewiseFit::amplification(int degree) { return BernsteinFit(degree).amplification(); }

std::vector<PiecewiseFit::Piece> PiecewiseFit::operator()(const std::vector<Real>& values) const {
  std::vector<Piece> pieces;
  if (coefficients_.size() == 0) {
    pieces.push_back({0, 1, low_(values)});
    return pieces;
  }
  const Vector all = ConstVectorView(values.data(), static_cast<Index>(values.size()));
  cut(all, all.lpNorm<Eigen::Infinity>(), 0, 1, pieces);
  return pieces;
}

// `largest` of the whole: what is below its rounding has no shape that a part could miss.
void PiecewiseFit::cut(const Vector& values, Real largest, Real start, Real length,
                       std::vector<Piece>& pieces) const {
  const Vector c = coefficients_ * values;
  const Real tail = c.tail(c.size() - kLow - 1).lpNorm<1>();
  if (tail > kNeglected * largest * static_cast<Real>(c.size()) && length > kShortest) {
    Vector left = left_ * values, right = right_ * values;
    // Known without rounding, and the ends of both.
    left[0] = values[0];
    right[right.size() - 1] = values[values.size() - 1];
    right[0] = left[left.size() - 1];
    cut(left, largest, start, length / 2, pieces);
    cut(right, largest, start + length / 2, length / 2, pieces);
    return;
  }
  const Vector low = to_low_ * values;
  std::vector<Real> at_low(low.data(), low.data() + low.size());
  at_low.front() = values[0];
  at_low.back() = values[values.size() - 1];
  pieces.push_back({start, length, low_(at_low)});
}

}  // namespace saddleflow
