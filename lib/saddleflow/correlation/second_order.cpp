#include "saddleflow/correlation/second_order.hpp"

#include <algorithm>
#include <cmath>
#include <memory>

#include "saddleflow/base/decompositions.hpp"
#include "saddleflow/correlation/sphere.hpp"
#include "saddleflow/correlation/tangent_curvature.hpp"
#include "saddleflow/correlation/tangent_space.hpp"
#include "saddleflow/network/kink.hpp"
#include "saddleflow/symmetry/symmetry_tangents.hpp"

namespace saddleflow {
namespace {

/// Whether N has second derivatives at zero pre-activations only from either side: sigma' jumps there for
/// p = 1, sigma'' for p = 2, unless sigma is linear or a square.
bool curvature_jumps(Activation activation) {
  if (activation.power() == 1) return !activation.is_smooth();
  return activation.power() == 2 && std::abs(activation.slope()) != Real(1);
}

/// Whether the kinks of a neuron without incoming weights matter. With p >= 2 and outgoing weights, which
/// are zero as well by the balance, N is of higher than second order in it.
bool inactive_neurons_matter(const Correlation& correlation) {
  return correlation.network().activation().power() == 1 || !correlation.outer_layer()->has_weights();
}

/// Some pre-activation of a hidden layer is zero, relative to its weights and inputs, where the curvature
/// jumps. Inputs that are zero themselves (dead neurons below) do not count: moving the weights leaves the
/// kink where it is; nor do samples without weight in N.
bool on_a_kink(const Correlation& correlation, const Vector& u) {
  const Network& network = correlation.network();
  if (!network.traits().pre_activations || !curvature_jumps(network.activation())) return false;
  const bool inactive_matter = inactive_neurons_matter(correlation);
  const OuterLayer& outer = *correlation.outer_layer();
  const int hidden = network.hidden_layer_count();
  Matrix a = correlation.columns();
  for (int l = 0; l < hidden; ++l) {
    const auto w = network.layout().matrix(u, l);
    const Matrix z = w * a;
    const Matrix scale = w.rowwise().norm() * a.colwise().norm();
    for (Index i = 0; i < z.cols(); ++i) {
      if (a.col(i).isZero(0) || correlation.residual_at_origin().col(outer.sample_of(i)).isZero(0)) continue;
      for (Index k = 0; k < z.rows(); ++k)
        if ((scale(k, i) > 0 || inactive_matter) && std::abs(z(k, i)) <= kKinkTolerance * scale(k, i))
          return true;
    }
    network.activation().value(z, a);
  }
  return false;
}

/// Dimension of the span of the symmetries in the kernel of the curvature, its modes `first` and `count - 1`
/// more.
Index explained(const Network& network, const Vector& u, const TangentCurvature& curvature, Index first,
                Index count) {
  // Of generators, which are as long as the weights they turn. What is in the kernel of the curvature is
  // known to about the zero eigenvalues over the gap.
  constexpr Real kIndependent = Real(1e-6);
  const Matrix tangents = symmetry_tangents(network, u);
  if (tangents.cols() == 0 || count == 0) return 0;
  const Matrix inside = curvature.inside(first, count, tangents);
  const Matrix gram =
      count <= inside.cols() ? Matrix(inside * inside.transpose()) : Matrix(inside.transpose() * inside);
  const Vector squares = symmetric_eigenvalues(gram, "symmetries of the network");
  return (squares.array() > kIndependent * kIndependent).count();
}

/// The smallest eigenvalue without the explained zeros.
Real gap_of(const SecondOrder& s) {
  const Index zeros = s.zero_explained + s.zero_unexplained;
  if (s.negative > 0) return s.eigenvalues[0];
  if (s.zero_unexplained > 0) return 0;
  return zeros < s.eigenvalues.size() ? s.eigenvalues[zeros] : Real(0);
}

SecondOrder::Status status_of(const SecondOrder& s) {
  if (s.negative > 0) return SecondOrder::Status::saddle;
  return s.zero_unexplained > 0 ? SecondOrder::Status::degenerate : SecondOrder::Status::maximum;
}

}  // namespace

SecondOrder second_order_status(Correlation& correlation, const KktPoint& point) {
  SecondOrder result;
  if (point.null || on_a_kink(correlation, point.direction)) return result;
  const SpherePoint at = CorrelationOnSphere(correlation, 1).at(point.direction);
  const std::unique_ptr<TangentCurvature> curvature = tangent_curvature(correlation, at);
  const Vector& values = result.eigenvalues = curvature->values();
  const Real size = values.size() > 0 ? values.cwiseAbs().maxCoeff() : Real(0);
  const Real zero = zero_curvature(at.residual) * std::max(size, std::abs(at.value));
  result.negative = (values.array() < -zero).count();
  result.positive = (values.array() > zero).count();
  const Index zeros = values.size() - result.negative - result.positive;
  if (zeros > 0)
    result.zero_explained =
        std::min(zeros, explained(correlation.network(), at.u, *curvature, result.negative, zeros));
  result.zero_unexplained = zeros - result.zero_explained;
  result.gap = gap_of(result);
  result.status = status_of(result);
  return result;
}

Real angle_exponent(const KktEntry& entry, int degree) {
  return entry.second_order.gap / (static_cast<Real>(degree) * entry.point.value);
}

}  // namespace saddleflow
