#include "saddleflow/symmetry/cluster_fit.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "saddleflow/base/decompositions.hpp"

namespace saddleflow {
namespace {

// Steps of a fit. On the manifold the first is exact; elsewhere the cost has settled long before, and is an
// upper bound after any number of them.
constexpr int kCentreSteps = 30;
// A fit ends where a step lowers the cost by less than this part.
constexpr Real kCentreProgress = Real(1e-6);

void turn(const ClusterProblem& problem, Vector& neuron) {
  if (problem.sign == SignSymmetry::both) neuron = -neuron;
  if (problem.sign == SignSymmetry::incoming) neuron.head(problem.incoming) *= Real(-1);
}

/// Unit length, or zero.
Vector on_the_sphere(Vector v) {
  const Real length = v.stableNorm();
  if (length > 0) v /= length;
  return v;
}

/// The centre of `members` with the signs that suit `centre` (for rays: one step of the power iteration).
Vector next_centre(const ClusterProblem& problem, const std::vector<Index>& members, const Vector& centre) {
  Vector sum = Vector::Zero(centre.size());
  for (const Index k : members) {
    const Vector neuron = aligned(problem, problem.neurons.col(k), centre);
    sum += problem.rays ? Vector(std::max(Real(0), neuron.dot(centre)) * neuron) : neuron;
  }
  return problem.rays ? on_the_sphere(std::move(sum)) : Vector(sum / static_cast<Real>(members.size()));
}

/// Of neurons whose signs are given, a column each.
Vector centre_of(const Matrix& members, bool rays) {
  if (!rays) return members.rowwise().mean();
  const SymmetricEigen gram = symmetric_eigen(members.transpose() * members, "a cluster of neurons");
  Vector weights = gram.vectors.rightCols(1);
  if (weights.sum() < 0) weights = -weights;
  return on_the_sphere(members * weights);
}

}  // namespace

Vector aligned(const ClusterProblem& problem, const Vector& neuron, const Vector& centre) {
  if (problem.sign == SignSymmetry::none) return neuron;
  const Index turned = problem.sign == SignSymmetry::both ? neuron.size() : problem.incoming;
  Vector result = neuron;
  if (neuron.head(turned).dot(centre.head(turned)) < 0) turn(problem, result);
  return result;
}

Real distance_to(const ClusterProblem& problem, Index neuron, const Vector& centre) {
  const Vector x = aligned(problem, problem.neurons.col(neuron), centre);
  if (!problem.rays) return (x - centre).squaredNorm();
  return (x - std::max(Real(0), x.dot(centre)) * centre).squaredNorm();
}

Real cost_of(const ClusterProblem& problem, const std::vector<Index>& members, const Vector& centre) {
  if (members.size() == 1) return 0;  // it may stay where it is
  Real cost = 0;
  for (const Index k : members) cost += distance_to(problem, k, centre);
  return cost;
}

Vector improved_centre(const ClusterProblem& problem, const std::vector<Index>& members, Vector centre) {
  const auto longest = [&] {
    return *std::ranges::max_element(members, {}, [&](Index k) { return problem.neurons.col(k).norm(); });
  };
  if (members.size() == 1 || centre.isZero(0)) {
    centre = problem.neurons.col(members.size() == 1 ? members.front() : longest());
    if (problem.rays) centre = on_the_sphere(std::move(centre));
    if (members.size() == 1) return centre;
  }
  Real cost = cost_of(problem, members, centre);
  for (int step = 0; step < kCentreSteps && cost > 0; ++step) {
    Vector next = next_centre(problem, members, centre);
    const Real lower = cost_of(problem, members, next);
    if (!(lower < cost)) break;
    const bool settled = cost - lower < kCentreProgress * cost;
    centre = std::move(next);
    cost = lower;
    if (settled) break;
  }
  return centre;
}

Real best_cost(const ClusterProblem& problem, const std::vector<Index>& members) {
  if (members.size() == 1) return 0;
  Matrix chosen = problem.neurons(Eigen::all, members);
  // The signs of the first member can stay, those of the others are the bits of `pattern`.
  const std::size_t patterns =
      problem.sign == SignSymmetry::none ? 1 : std::size_t(1) << (members.size() - 1);
  Real least = std::numeric_limits<Real>::infinity();
  for (std::size_t pattern = 0; pattern < patterns; ++pattern) {
    for (std::size_t k = 1; k < members.size() && patterns > 1; ++k) {
      Vector neuron = problem.neurons.col(members[k]);
      if ((pattern >> (k - 1)) & 1U) turn(problem, neuron);
      chosen.col(static_cast<Index>(k)) = neuron;
    }
    least = std::min(least, cost_of(problem, members, centre_of(chosen, problem.rays)));
  }
  return least;
}

}  // namespace saddleflow
