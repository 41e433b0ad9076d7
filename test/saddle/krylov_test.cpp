// What is known of the Hessian by its products alone, against the whole of it: solutions, critical points,
// ends of the spectrum.
#include <fmt/format.h>

#include <algorithm>
#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <limits>

#include "saddle/linear_points.hpp"
#include "saddleflow/base/decompositions.hpp"
#include "saddleflow/saddle/krylov_space.hpp"
#include "saddleflow/saddle/refine.hpp"
#include "saddleflow/saddle/spectrum.hpp"

BOOST_AUTO_TEST_SUITE(krylov_test)

using namespace saddleflow;
using namespace saddleflow::test;

namespace {

/// A = V diag(lambda) V^T with |lambda| from 1 to 1/condition and `kernel` zeros.
Matrix indefinite(Index n, Index kernel, Real condition, Random& random) {
  Vector lambda = Vector::Zero(n);
  for (Index i = kernel; i < n; ++i)
    lambda[i] =
        random.sign() * std::pow(condition, -static_cast<Real>(i - kernel) / static_cast<Real>(n - kernel));
  const Matrix basis = random.orthonormal_columns(n, n);
  const Matrix a = basis * lambda.asDiagonal() * basis.transpose();
  return (a + a.transpose()) / 2;
}

/// min |b - A x|^2 + shift^2 |x|^2 by the whole matrix.
Vector dense_solution(const Matrix& a, const Vector& b, Real shift) {
  const SymmetricEigen eigen = symmetric_eigen(a, "test");
  Vector c = eigen.vectors.transpose() * b;
  const Real zero = Real(1e-12) * eigen.values.cwiseAbs().maxCoeff();
  for (Index i = 0; i < c.size(); ++i) {
    const Real lambda = eigen.values[i];
    c[i] = std::abs(lambda) > zero ? c[i] * lambda / (lambda * lambda + shift * shift) : Real(0);
  }
  return eigen.vectors * c;
}

/// A network of squares with a teacher of half its width: minima with rotations as zero modes.
Objective squares_with_teacher(Index inputs, Index width, std::uint64_t seed, Vector& minimum) {
  Random random(seed);
  Dataset data;
  data.inputs = random.normal_matrix(inputs, 6 * inputs * width);
  const std::shared_ptr<const Network> network = power_sum(inputs, width, Activation(-1, 2));
  minimum = random.normal_matrix(network->parameter_count(), 1) / std::sqrt(static_cast<Real>(inputs));
  data.targets = Matrix::Zero(1, data.inputs.cols());
  data.origin = "teacher";
  Objective teacher(network, data, Loss(square_loss(), Reduction::mean));
  data.targets = teacher.outputs(minimum);
  return Objective(network, data, Loss(square_loss(), Reduction::mean));
}

struct BothWays {
  Refinement dense, products;
  Real difference;
};

BothWays refine_both_ways(Objective& objective, const Vector& start) {
  RefineOptions options;
  options.dense_limit = 0;
  BothWays result{refine_critical_point(objective, start), refine_critical_point(objective, start, options),
                  0};
  result.difference = (result.dense.point - result.products.point).norm() / result.dense.point.norm();
  return result;
}

}  // namespace

BOOST_DATA_TEST_CASE(least_squares_of_the_krylov_space,
                     boost::unit_test::data::make({0, 3}) * boost::unit_test::data::make({10.0, 1e3}) *
                         boost::unit_test::data::make({0.0, 1e-2, 1.0}) *
                         boost::unit_test::data::make({false, true}),
                     kernel, condition, shift, inconsistent) {
  const Index n = 60;
  const std::uint64_t seed = 3;
  Random random(seed);
  const Matrix a = indefinite(n, kernel, static_cast<Real>(condition), random);
  Vector b = a * random.normal_matrix(n, 1);
  if (inconsistent) b = random.normal_matrix(n, 1);
  const KrylovSpace space([&](const Vector& v, Vector& out) { out = a * v; }, b, n, Real(1e-14));
  const Vector x = space.solve(static_cast<Real>(shift)),
               exact = dense_solution(a, b, static_cast<Real>(shift));
  const Real error = (x - exact).norm() / exact.norm();
  fmt::print("kernel {}, condition {:5.0f}, shift {:.2f}, {}: {} products, |A| {:.15f}, error {:.1e}\n",
             kernel, condition, shift, inconsistent ? "inconsistent" : "consistent  ", space.steps(),
             static_cast<double>(space.operator_norm()), static_cast<double>(error));
  BOOST_TEST(error < Real(1e-11) * static_cast<Real>(condition));
  BOOST_TEST(std::abs(space.operator_norm() - 1) < 1e-10);
}

// A direction of descent for |b|^2 / 2 however early the space ends.
BOOST_AUTO_TEST_CASE(truncated_krylov_spaces_descend) {
  Random random(4);
  constexpr Real condition = 1e6;
  const Matrix a = indefinite(40, 2, condition, random);
  const Vector b = random.normal_matrix(40, 1);
  Real last = b.norm();
  for (Index steps = 1; steps <= 40; ++steps) {
    const KrylovSpace space([&](const Vector& v, Vector& out) { out = a * v; }, b, steps, 0);
    const Vector x = space.solve(0);
    const Real residual = (b - a * x).norm();
    BOOST_TEST(b.dot(a * x) >= 0);
    // x is known to the rounding unit times the condition, and so is what is left of b.
    BOOST_TEST(residual <= last * (1 + condition * std::numeric_limits<Real>::epsilon()));
    last = residual;
  }
}

BOOST_AUTO_TEST_CASE(linear_networks_by_products_and_by_hessians) {
  const std::uint64_t seed = 8;
  const LinearProblem problem(seed, Vector::LinSpaced(6, 2, Real(0.5)), 6, 2);
  Objective objective = problem.objective();
  Random random(seed, RandomStream::noise);
  Real worst = 0, worst_product = 0;
  for (unsigned mask = 1; mask < 64; ++mask) {
    const Vector known = problem.point(objective.network().layout(), mask);
    const BothWays found =
        refine_both_ways(objective, known + Real(1e-6) * known.norm() * random.unit_vector(known.size()));
    BOOST_TEST(found.dense.converged);
    BOOST_TEST(found.products.converged);
    worst = std::max(worst, found.difference);
    worst_product = std::max(
        worst_product,
        (product_of(objective.network().layout(), found.products.point) - problem.product(mask)).norm());
  }
  fmt::print("63 points of {} weights, seed {}: difference {:.1e}, product of matrices {:.1e}\n",
             objective.size(), seed, static_cast<double>(worst), static_cast<double>(worst_product));
  BOOST_TEST(worst < 1e-10);
  BOOST_TEST(worst_product < 1e-10);
}

BOOST_DATA_TEST_CASE(square_networks_by_products_and_by_hessians,
                     boost::unit_test::data::make({1, 2, 3}) ^ boost::unit_test::data::make({10, 12, 20}) ^
                         boost::unit_test::data::make({5, 10, 10}),
                     seed, inputs, width) {
  Vector minimum;
  Objective objective = squares_with_teacher(inputs, width, static_cast<std::uint64_t>(seed), minimum);
  Random random(static_cast<std::uint64_t>(seed), RandomStream::noise);
  const BothWays found =
      refine_both_ways(objective, minimum + Real(1e-3) * minimum.norm() * random.unit_vector(minimum.size()));
  const Spectrum s = hessian_spectrum(objective, found.dense.point);
  fmt::print("{} weights, seed {}: {} zero modes, {} and {} iterations, difference {:.1e}, loss {:.1e}\n",
             objective.size(), seed, s.zero, found.dense.iterations, found.products.iterations,
             static_cast<double>(found.difference), static_cast<double>(found.products.loss));
  BOOST_TEST(found.dense.converged);
  BOOST_TEST(found.products.converged);
  BOOST_TEST(s.zero == width * (width - 1) / 2);
  BOOST_TEST(found.difference < 1e-10);
}

// Every eigenvalue reported is within residual_bound of one of H, the ends are the ends, and the gap of the
// full spectrum is what it says.
BOOST_DATA_TEST_CASE(bounds_of_the_spectrum_hold, boost::unit_test::data::make({1, 2, 3, 4, 5, 6}), seed) {
  Vector minimum;
  Objective objective = squares_with_teacher(8, 6, static_cast<std::uint64_t>(seed), minimum);
  Random random(static_cast<std::uint64_t>(seed), RandomStream::noise);
  const Vector w = seed % 2 == 0 ? minimum : Vector(random.normal_matrix(minimum.size(), 1));
  SpectrumOptions options;
  options.dense_limit = 0;
  options.vectors = true;
  const Spectrum full = hessian_spectrum(objective, w), ends = hessian_spectrum(objective, w, options);
  Real worst = 0;
  for (const Real lambda : ends.eigenvalues)
    worst = std::max(worst, (full.eigenvalues.array() - lambda).abs().minCoeff());
  const Real rounding = 10 * full.residual_bound;
  fmt::print("{} weights, seed {}: bound {:.1e}, worst {:.1e}; gap {:.1e} (zero {}), of the ends {:.1e}\n",
             w.size(), seed, static_cast<double>(ends.residual_bound), static_cast<double>(worst),
             static_cast<double>(full.gap), full.zero, static_cast<double>(ends.gap));
  BOOST_TEST(worst <= ends.residual_bound + rounding);
  BOOST_TEST(ends.residual_bound <= Real(1e-7) * full.eigenvalues.cwiseAbs().maxCoeff());
  BOOST_TEST(std::abs(ends.min() - full.min()) <= ends.residual_bound + rounding);
  BOOST_TEST(std::abs(ends.max() - full.max()) <= ends.residual_bound + rounding);
  Matrix hessian(w.size(), w.size());
  objective.hessian(w, hessian);
  const Matrix residual = hessian * ends.vectors - ends.vectors * ends.eigenvalues.asDiagonal();
  BOOST_TEST(residual.colwise().norm().maxCoeff() <= ends.residual_bound + rounding);
  Vector sizes = full.eigenvalues.cwiseAbs();
  std::sort(sizes.begin(), sizes.end());
  if (full.zero > 0) BOOST_TEST(full.gap <= sizes[full.zero] / sizes[full.zero - 1] * (1 + Real(1e-12)));
  BOOST_TEST(full.negative + full.zero + full.positive == w.size());
  if (seed % 2 == 0) BOOST_TEST(full.zero == 15);
}

BOOST_AUTO_TEST_SUITE_END()
