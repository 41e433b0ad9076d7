// Points at which |grad L| is smallest without being zero are no critical points, and must be called so.
#include <fmt/format.h>

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>
#include <cmath>

#include "saddleflow/base/random.hpp"
#include "saddleflow/saddle/critical_point.hpp"

BOOST_AUTO_TEST_SUITE(gradient_flat_test)

using namespace saddleflow;

namespace {

namespace table = boost::unit_test::data;

/// x^3/3 + eps x + sum_k lambda_k y_k^2 / 2 in rotated coordinates (x, y) = R^T (w - c): |grad|^2 has its
/// only minimum at w = c, where it is eps^2.
class FlatPoint {
 public:
  FlatPoint(Index n, Real eps, std::uint64_t seed) : eps_(eps) {
    Random random(seed);
    centre = random.normal_matrix(n, 1);
    r_ = random.orthonormal_columns(n, n);
    lambda_ = Vector::Zero(n);
    for (Index k = 1; k < n; ++k) lambda_[k] = random.sign() * (Real(0.5) + random.uniform());
  }

  Potential potential() const {
    const auto hessian = [this](const Vector& w) {
      Vector diagonal = lambda_;
      diagonal[0] = 2 * r_.col(0).dot(w - centre);
      return Matrix(r_ * diagonal.asDiagonal() * r_.transpose());
    };
    return {centre.size(),
            [this](const Vector& w, Vector& out) {
              const Vector x = r_.transpose() * (w - centre);
              Vector slope = lambda_.cwiseProduct(x);
              slope[0] = x[0] * x[0] + eps_;
              out = r_ * slope;
              return x[0] * x[0] * x[0] / 3 + eps_ * x[0] + x.dot(lambda_.cwiseProduct(x)) / 2;
            },
            [hessian](const Vector& w, Matrix& out) { out = hessian(w); },
            [hessian](const Vector& w, const Vector& v, Vector& out) { out = hessian(w) * v; }};
  }
  Vector centre;

 private:
  Real eps_;
  Matrix r_;
  Vector lambda_;
};

/// One neuron (w.x)^2 under the logistic loss. Along e_1 a sample of length 10 and one of length 1 with the
/// same label push outwards, each while it is not yet learnt: |dL/dw_1| has two maxima and between them a
/// minimum, not zero. Along e_2 two labels disagree.
Objective two_bumps() {
  Dataset data{Matrix::Zero(2, 4), Matrix(1, 4), "two bumps"};
  data.inputs.row(0) << 10, 1, 0, 0;
  data.inputs.row(1) << 0, 0, 2, 1;
  data.targets << 1, 1, -1, 1;
  return Objective(power_sum(2, 1, Activation(-1, 2)), data, Loss(logistic_loss()));
}

}  // namespace

BOOST_DATA_TEST_CASE(planted_flat_points,
                     table::make({1e-1, 1e-2, 1e-3, 1e-4, 1e-6}) * table::make({2, 5, 12}), eps, size) {
  const auto seed = static_cast<std::uint64_t>(size);
  const Index n = size;
  const FlatPoint f(n, static_cast<Real>(eps), seed);
  Random random(seed, RandomStream::noise);
  for (const Index dense_limit : {Index(1000), Index(0)}) {
    RefineOptions options;
    options.dense_limit = dense_limit;
    const Vector start = f.centre + Real(0.05) * random.unit_vector(n);
    const Refinement found = refine_critical_point(f.potential(), start, options);
    fmt::print(
        "eps {:.0e}, n {:2}, {:6}: {:13} after {:3} iterations, |g| {:.6e}, flatness {:.1e}, off by {:.1e}\n",
        eps, n, dense_limit > 0 ? "dense" : "Krylov", name_of(found.status), found.iterations,
        static_cast<double>(found.gradient_norm), static_cast<double>(found.flatness),
        static_cast<double>((found.point - f.centre).norm()));
    BOOST_TEST(!found.converged);
    BOOST_TEST((found.status == RefineStatus::gradient_flat));
    BOOST_TEST(std::abs(found.gradient_norm / static_cast<Real>(eps) - 1) < 1e-6);
    BOOST_TEST((found.point - f.centre).norm() < 1e-3);
  }
}

BOOST_AUTO_TEST_CASE(flat_point_of_a_network) {
  Objective objective = two_bumps();
  // The minimum of |dL/dw_1| by bisection of its derivative, which is Hess L's entry.
  Real low = Real(0.15), high = Real(0.6);
  Matrix hessian(2, 2);
  const auto slope = [&](Real x) {
    objective.hessian(Vector{{x, 0}}, hessian);
    return hessian(0, 0);
  };
  BOOST_REQUIRE(slope(low) > 0);
  BOOST_REQUIRE(slope(high) < 0);
  while (high - low > Real(1e-15)) (slope((low + high) / 2) > 0 ? low : high) = (low + high) / 2;
  const Refinement along = refine_critical_point(objective, Vector{{low + Real(0.02), Real(0.001)}});
  fmt::print(
      "a flat point of a network: w = ({:.6f}, {:.1e}), expected ({:.6f}, ...): {}, |g| {:.3e}, flatness "
      "{:.1e}\n",
      static_cast<double>(along.point[0]), static_cast<double>(along.point[1]), static_cast<double>(low),
      name_of(along.status), static_cast<double>(along.gradient_norm), static_cast<double>(along.flatness));
  const CriticalPoint judged = analyse_critical_point(objective, Vector{{low + Real(0.02), Real(0.001)}});
  fmt::print("judged: {}\n", name_of(judged.kind));
  BOOST_TEST(!along.converged);
  BOOST_TEST((judged.kind == CriticalKind::gradient_flat));
}

BOOST_AUTO_TEST_SUITE_END()
