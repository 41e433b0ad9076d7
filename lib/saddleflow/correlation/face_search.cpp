#include "saddleflow/correlation/face_search.hpp"

#include <Eigen/QR>

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>

#include "saddleflow/correlation/projected_flow.hpp"
#include "saddleflow/correlation/trust_region.hpp"

namespace saddleflow {
namespace {

/// Kinks as columns of the parameter space: d z_k / d u, n x r.
Matrix normals_of(const Correlation& correlation, const std::vector<Kink>& kinks) {
  const Layout& layout = correlation.network().layout();
  Matrix normals = Matrix::Zero(correlation.size(), static_cast<Index>(kinks.size()));
  for (std::size_t k = 0; k < kinks.size(); ++k) {
    Vector column = Vector::Zero(correlation.size());
    layout.matrix(column, 0).row(kinks[k].neuron) =
        correlation.data().inputs.col(kinks[k].sample).normalized().transpose();
    normals.col(static_cast<Index>(k)) = column;
  }
  return normals;
}

/// Whether f falls (to first order) where one kink opens, to either side, and the others stay: the flow is
/// held on such a face, and leaves any other.
bool holds_the_flow(const SphereFunction& f, const SpherePoint& point, const Matrix& normals) {
  constexpr Real kStep = Real(1e-6);
  const Real allowed = kStep * Real(1e-4) * point.gradient_norm;
  const Matrix identity = Matrix::Identity(normals.cols(), normals.cols());
  const Matrix openings = normals.transpose().completeOrthogonalDecomposition().solve(identity);
  for (Index k = 0; k < openings.cols(); ++k)
    for (const Real side : {kStep, -kStep})
      if (f.at(point.u + side * openings.col(k).normalized()).value > point.value + allowed) return false;
  return true;
}

struct Found {
  SpherePoint point;
  Real residual;
};

constexpr Real kLongestStep = Real(0.1);

std::optional<Found> on_cell(const SphereFunction& f, const SpherePoint& near, Real tolerance,
                             bool may_climb) {
  AscentLimits limits;
  limits.iterations = 20;
  const SpherePoint top = may_climb ? climb(f, near, limits) : near;
  const SpherePoint point = newton(f, top, Matrix(f.size(), 0), tolerance, kLongestStep);
  if (point.residual > tolerance) return std::nullopt;
  return Found{point, point.residual};
}

std::optional<Found> on_face(const SphereFunction& f, const SpherePoint& near, Real tolerance) {
  std::size_t before = 0;
  for (const double width : {1e-9, 1e-7, 1e-5, 1e-4, 3e-4, 1e-3, 3e-3, 1e-2, 3e-2, 1e-1}) {
    const auto kinks = first_layer_kinks(f.correlation(), near.u, static_cast<Real>(width));
    if (kinks.size() == before) continue;
    before = kinks.size();
    const Matrix normals = normals_of(f.correlation(), kinks);
    const SpherePoint point = newton(f, near, normals, tolerance, kLongestStep);
    const Real residual = face_residual(point, normals);
    if (residual <= tolerance && holds_the_flow(f, point, normals)) return Found{point, residual};
  }
  return std::nullopt;
}

KktPoint row(const Found& found, Real null_gradient) {
  const SpherePoint& p = found.point;
  if (p.gradient_norm <= null_gradient) return {p.u, 0, p.gradient_norm, 0, true};
  return {p.u, p.value, p.gradient_norm, found.residual, false};
}

}  // namespace

std::vector<Kink> first_layer_kinks(const Correlation& correlation, const Vector& u, Real tolerance) {
  const Matrix w = correlation.network().layout().matrix(u, 0);
  const Matrix& x = correlation.data().inputs;
  const Matrix z = w * x;
  const Vector row_norm = w.rowwise().norm(), input_norm = x.colwise().norm();
  std::vector<Kink> kinks;
  for (Index i = 0; i < z.cols(); ++i)
    for (Index k = 0; k < z.rows(); ++k) {
      const Real scale = row_norm[k] * input_norm[i];
      if (scale > 0 && std::abs(z(k, i)) <= tolerance * scale)
        kinks.push_back({k, i, std::abs(z(k, i)) / scale});
    }
  std::sort(kinks.begin(), kinks.end(), [](const Kink& a, const Kink& b) { return a.size < b.size; });
  return kinks;
}

KktPoint ascend_with_kinks(const SphereFunction& f, const Vector& start, Real tolerance) {
  constexpr int kRounds = 4;
  const Real null_gradient = kNullGradient * correlation_scale(f.correlation());
  ProjectedFlowOptions options;
  options.steps = 400;
  options.null_gradient = null_gradient;
  SpherePoint point = f.at(start);
  for (int round = 0; round < kRounds; ++round) {
    point = follow_projected_flow(f, point.u, options);
    if (point.gradient_norm <= null_gradient) break;
    if (const auto found = on_cell(f, point, tolerance, true)) return row(*found, null_gradient);
    if (const auto found = on_face(f, point, tolerance)) return row(*found, null_gradient);
    options.residual /= 10;
  }
  return row({point, point.residual}, null_gradient);
}

KktPoint polish_with_kinks(const SphereFunction& f, const Vector& direction, Real tolerance) {
  const Real null_gradient = kNullGradient * correlation_scale(f.correlation());
  const SpherePoint point = f.at(direction);
  if (point.gradient_norm <= null_gradient) return row({point, 0}, null_gradient);
  if (const auto found = on_face(f, point, tolerance)) return row(*found, null_gradient);
  if (const auto found = on_cell(f, point, tolerance, false)) return row(*found, null_gradient);
  return ascend_with_kinks(f, direction, tolerance);
}

}  // namespace saddleflow
