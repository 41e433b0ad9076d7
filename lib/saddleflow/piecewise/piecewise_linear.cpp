#include "saddleflow/piecewise/piecewise_linear.hpp"

#include <algorithm>
#include <cmath>

#include "saddleflow/piecewise/span.hpp"

namespace saddleflow {

Vector PiecewiseLinear::signals(const Vector& c) const {
  Vector y = rows * c + shift, a(count());
  for (Index k = 0; k < count(); ++k) {
    if (k > 0) y[k] += feed.row(k).head(k).dot(a.head(k));
    a[k] = branch(y[k]);
  }
  return y;
}

Vector PiecewiseLinear::signals(const Vector& c, const KinkSides& sides) const {
  Vector y = rows * c + shift, a(count());
  for (Index k = 0; k < count(); ++k) {
    if (k > 0) y[k] += feed.row(k).head(k).dot(a.head(k));
    a[k] = slope(sides[static_cast<std::size_t>(k)]) * y[k];
  }
  return y;
}

Vector PiecewiseLinear::units(Real length, UnitsOf of) const {
  const Real steepest = std::max(Real(1), std::abs(low));
  Vector unit = length * rows.rowwise().norm();
  if (of == UnitsOf::point) unit += shift.cwiseAbs();
  for (Index k = 1; k < count(); ++k) unit[k] += steepest * feed.row(k).head(k).cwiseAbs().dot(unit.head(k));
  return unit;
}

Vector PiecewiseLinear::rates(const Vector& u, const KinkSides& sides) const {
  Vector y = rows * u, a(count());
  for (Index k = 0; k < count(); ++k) {
    if (k > 0) y[k] += feed.row(k).head(k).dot(a.head(k));
    const int side = sides[static_cast<std::size_t>(k)];
    a[k] = side == 0 ? branch(y[k]) : slope(side) * y[k];
  }
  return y;
}

LinearBranch branch_of(const PiecewiseLinear& f, const KinkSides& sides) {
  LinearBranch b{f.gradient, f.rows, f.shift};
  for (Index k = 0; k < f.count(); ++k) {
    Real terms = b.rows.row(k).norm();
    for (Index j = 0; j < k; ++j) {
      const Real through = f.feed(k, j) * f.slope(sides[static_cast<std::size_t>(j)]);
      if (through == 0) continue;
      b.rows.row(k) += through * b.rows.row(j);
      b.shift[k] += through * b.shift[j];
      terms += std::abs(through) * b.rows.row(j).norm();
    }
    // What the kinks below send cancels, as where z_k is held and all that it hears moves along one
    // direction.
    if (b.rows.row(k).norm() <= normal_tolerance() * terms) {
      b.rows.row(k).setZero();
      b.shift[k] = 0;
    }
    b.gradient += f.back[k] * f.slope(sides[static_cast<std::size_t>(k)]) * b.rows.row(k).transpose();
  }
  return b;
}

std::vector<Index> held(const KinkSides& sides) {
  std::vector<Index> list;
  for (std::size_t k = 0; k < sides.size(); ++k)
    if (sides[k] == 0) list.push_back(static_cast<Index>(k));
  return list;
}

PiecewiseLinear derivative_at(const PiecewiseLinear& f, const KinkSides& sides) {
  const std::vector<Index> zero = held(sides);
  const LinearBranch b = branch_of(f, sides);
  const auto size = static_cast<Index>(zero.size());
  // What each kink hears of the held ones, directly or through kinks that have left zero.
  Matrix heard = f.feed(Eigen::all, zero);
  Vector back = f.back(zero), noise = f.back_noise(zero);
  for (Index k = 0; k < f.count(); ++k) {
    for (Index j = 0; j < k; ++j) {
      const Real through = f.feed(k, j) * f.slope(sides[static_cast<std::size_t>(j)]);
      if (through != 0) heard.row(k) += through * heard.row(j);
    }
    const Real slope = f.slope(sides[static_cast<std::size_t>(k)]);
    back += f.back[k] * slope * heard.row(k).transpose();
    noise += std::abs(f.back_noise[k] * slope) * heard.row(k).cwiseAbs().transpose();
  }
  return {b.gradient, b.rows(zero, Eigen::all), Vector::Zero(size), heard(zero, Eigen::all), back, noise,
          f.low};
}

}  // namespace saddleflow
