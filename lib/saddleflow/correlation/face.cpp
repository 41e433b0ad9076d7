#include "saddleflow/correlation/face.hpp"
#include "saddleflow/base/decompositions.hpp"

#include <algorithm>
#include <cmath>

namespace saddleflow {
namespace {

// A kink is opened by this much of the unit vector, and f climbs there where it rises by more than the other
// part of what its gradient allows: curvature makes 1e-6 of it, rounding 1e-10.
constexpr Real kOpening = Real(1e-6), kNoSlope = Real(1e-4);

}  // namespace

std::vector<HeldKink> first_layer_kinks(const Correlation& correlation, const Vector& u, Real tolerance) {
  const Matrix w = correlation.network().layout().matrix(u, 0);
  const Matrix& x = correlation.columns();
  const Matrix z = w * x;
  const Vector row_norm = w.rowwise().norm(), input_norm = x.colwise().norm();
  std::vector<HeldKink> kinks;
  for (Index i = 0; i < z.cols(); ++i)
    for (Index k = 0; k < z.rows(); ++k) {
      const Real scale = row_norm[k] * input_norm[i];
      if (scale > 0 && std::abs(z(k, i)) <= tolerance * scale)
        kinks.push_back({k, i, std::abs(z(k, i)) / scale});
    }
  std::sort(kinks.begin(), kinks.end(), [](const HeldKink& a, const HeldKink& b) { return a.size < b.size; });
  return kinks;
}

bool Face::holds(const HeldKink& kink) const {
  return holds_neuron(kink.neuron) || std::any_of(kinks_.begin(), kinks_.end(), [&](const HeldKink& k) {
           return k.neuron == kink.neuron && k.sample == kink.sample;
         });
}

bool Face::holds_neuron(Index neuron) const {
  return std::find(neurons_.begin(), neurons_.end(), neuron) != neurons_.end();
}

void Face::add_neuron(Index neuron) {
  std::erase_if(kinks_, [neuron](const HeldKink& k) { return k.neuron == neuron; });
  neurons_.push_back(neuron);
}

Matrix Face::normals() const {
  const Layout& layout = correlation_->network().layout();
  const Index fan_in = layout.layer(0).cols;
  const auto held = static_cast<Index>(kinks_.size());
  Matrix normals(correlation_->size(), held + fan_in * static_cast<Index>(neurons_.size()));
  Vector column(correlation_->size());
  for (Index k = 0; k < normals.cols(); ++k) {
    column.setZero();
    if (k < held) {
      const HeldKink& kink = kinks_[static_cast<std::size_t>(k)];
      layout.matrix(column, 0).row(kink.neuron) =
          correlation_->columns().col(kink.sample).normalized().transpose();
    } else {
      const Index j = k - held;
      layout.matrix(column, 0)(neurons_[static_cast<std::size_t>(j / fan_in)], j % fan_in) = 1;
    }
    normals.col(k) = column;
  }
  return normals;
}

Matrix Face::basis() const {
  if (empty()) return Matrix(correlation_->size(), 0);
  const PivotedQr qr(normals());
  Matrix q = Matrix::Identity(correlation_->size(), qr.rank());
  qr.apply(q);
  return q;
}

Vector Face::onto(const Vector& u) const {
  const Matrix q = basis();
  return u - q * (q.transpose() * u);
}

/// The directions in which one kink opens and nothing else that is held, n x kinks.
Matrix Face::openings() const {
  const Matrix all = normals();
  const Matrix identity = Matrix::Identity(all.cols(), static_cast<Index>(kinks_.size()));
  return minimum_norm_least_squares(all.transpose(), identity);
}

bool Face::opens_along(const SphereFunction& f, const SpherePoint& point, const Vector& opening,
                       Vector& way) const {
  const Real allowed = kOpening * kNoSlope * point.gradient_norm;
  for (const Real side : {Real(1), Real(-1)}) {
    way = side * opening.normalized();
    if (f.at(point.u + kOpening * way).value > point.value + allowed) return true;
  }
  return false;
}

bool Face::last_opens(const SphereFunction& f, const SpherePoint& point) const {
  Vector way;
  return !kinks_.empty() && opens_along(f, point, openings().rightCols(1), way);
}

Index Face::opens(const SphereFunction& f, const SpherePoint& point, Vector& way) const {
  if (kinks_.empty()) return -1;
  const Matrix directions = openings();
  for (Index k = 0; k < directions.cols(); ++k)
    if (opens_along(f, point, directions.col(k), way)) return k;
  return -1;
}

}  // namespace saddleflow
