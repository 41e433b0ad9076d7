// Flows of bilinear networks: sensing with whitened measurements against the Riccati solution V3, and the
// plateaus of linear attention against those that the eigenvalues of its covariance predict.
#include <fmt/format.h>

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <vector>

#include "flow/chart_run.hpp"
#include "reference/two_layer_linear.hpp"
#include "saddleflow/base/random.hpp"
#include "saddleflow/network/bilinear.hpp"
#include "saddleflow/problem/in_context_regression.hpp"
#include "saddleflow/problem/matrix_sensing.hpp"

BOOST_AUTO_TEST_SUITE(bilinear_paths_test)

using namespace saddleflow;
using namespace saddleflow::test;
namespace data = boost::unit_test::data;

namespace {

/// Measurements with sum_i vec M_i (vec M_i)^T = I: a uniformly drawn orthonormal basis of the matrices.
Dataset whitened_measurements(const Matrix& x, Random& random) {
  Dataset data;
  data.inputs = random.orthonormal_columns(x.size(), x.size());
  data.targets = ConstVectorView(x.data(), x.size()).transpose() * data.inputs;
  data.origin = "whitened measurements";
  return data;
}

/// Largest relative error of B^T A, the product W_2 W_1, along the path.
Real sensing_error(const Matrix& x, const Matrix& a, const Matrix& b, Real rtol, Random& random) {
  const Index rows = x.rows(), columns = x.cols(), width = a.rows();
  FlowProblem problem;
  problem.network = bilinear(rows, columns, width, BilinearOuter::ones);
  problem.data = whitened_measurements(x, random);
  problem.w0.resize(width * (rows + columns));
  problem.w0 << a.reshaped(), b.transpose().reshaped();
  ChartOptions chart;
  chart.rtol = rtol;
  IntegrationOptions options;
  options.t_end = Real(20);
  ChartRun run(problem, chart, options);
  ChartLog log(run);
  BOOST_TEST(run.integration.run(log).stop_reason == "reached_end");
  const reference::TwoLayerLinear exact(x.transpose(), a, b.transpose());
  Real worst = 0;
  for (std::size_t n = 0; n < log.times.size(); ++n) {
    const Vector w = run.parts.probe.weights(log.states[n]);
    const Matrix found =
        ConstMatrixView(w.data() + width * rows, columns, width) * ConstMatrixView(w.data(), width, rows);
    const Matrix expected = exact.gram(log.times[n]).bottomLeftCorner(columns, rows);
    worst = std::max(worst, (found - expected).norm() / expected.norm());
  }
  BOOST_TEST(log.times.size() > 20u);
  BOOST_TEST(log.balance_drift <= 100 * rtol);
  return worst;
}

}  // namespace

BOOST_DATA_TEST_CASE(sensing_against_riccati, data::make({6, 8, 10}), digits) {
  constexpr std::uint64_t seed = 31;
  const Real rtol = std::pow(Real(10), Real(-digits)), delta(1e-4);
  Random random(seed);
  const Matrix x = low_rank_matrix(4, 3, {Real(2), Real(0.7)}, random);
  // A A^T = B B^T: orthonormal rows both.
  const Matrix u = random.orthonormal_columns(3, 3);
  const Matrix a = delta * u * random.orthonormal_columns(4, 3).transpose();
  const Matrix b = delta * u * random.orthonormal_columns(3, 3).transpose();
  const Real error = sensing_error(x, a, b, rtol, random);
  const Matrix symmetric = low_rank_symmetric_matrix(4, {Real(2), Real(1), Real(0.4)}, random);
  const Matrix same = delta * random.normal_matrix(3, 4);
  const Real symmetric_error = sensing_error(symmetric, same, same, rtol, random);
  fmt::print("sensing from 1e-4, seed {}, rtol 1e-{:02}: error/rtol {:.2f}, symmetric {:.2f}\n", seed, digits,
             static_cast<double>(error / rtol), static_cast<double>(symmetric_error / rtol));
  BOOST_TEST(error <= 100 * rtol);
  BOOST_TEST(symmetric_error <= 100 * rtol);
}

namespace {

/// The loss where |grad L| / (|H| |w|), which is scale-free, has a minimum below 0.05, but for the final fit.
std::vector<Real> plateaus(ChartRun& run, const ChartLog& log, Real at_origin) {
  std::vector<Real> losses, slowness, found;
  Vector g;
  for (const Vector& x : log.states) {
    const Vector w = run.parts.probe.weights(x);
    losses.push_back(run.objective.gradient(w, g));
    slowness.push_back(g.norm() / (run.objective.outputs(w).norm() * w.norm()));
  }
  for (std::size_t n = 1; n + 1 < losses.size() && losses[n] > Real(1e-9) * at_origin; ++n)
    if (slowness[n] < Real(0.05) && slowness[n] < slowness[n - 1] && slowness[n] <= slowness[n + 1])
      found.push_back(losses[n]);
  return found;
}

}  // namespace

/// Attention learns the eigenvectors of the covariance one after the other, the largest eigenvalue s first.
/// What each is worth: s^3 / (2 f) with the eigenvalue f of E[beta beta^T].
BOOST_DATA_TEST_CASE(plateaus_of_attention, data::make({true, false}), trained) {
  constexpr std::uint64_t seed = 37;
  constexpr Index context = 20;
  const Real delta(1e-3), values[] = {Real(2), Real(1), Real(0.5)}, trace(3.5);
  Random random(seed);
  const Matrix q = random.orthonormal_columns(3, 3);
  InContextOptions prompts;
  prompts.context = context;
  prompts.covariance = q * ConstVectorView(values, 3).asDiagonal() * q.transpose();
  prompts.covariance = ((prompts.covariance + prompts.covariance.transpose()) / Real(2)).eval();
  FlowProblem problem;
  problem.network = bilinear(3, 3, 3, trained ? BilinearOuter::trained : BilinearOuter::ones);
  problem.data = in_context_population(prompts);
  problem.loss = Loss(square_loss(), Reduction::mean);
  problem.w0 = delta * random.unit_vector(problem.network->parameter_count());
  IntegrationOptions options;
  options.t_end = trained ? Real(1e5) : Real(300);
  ChartRun run(problem, ChartOptions(), options);
  ChartLog log(run);
  BOOST_TEST(run.integration.run(log).stop_reason == "reached_end");

  std::vector<Real> expected(4, Real(0));  // with the first 0, 1, 2, 3 eigenvectors learnt
  for (std::size_t i = 3; i-- > 0;) {
    const Real f = values[i] * (values[i] + (values[i] + trace) / static_cast<Real>(context));
    expected[i] = expected[i + 1] + std::pow(values[i], 3) / f / 2;
  }
  BOOST_TEST(std::abs(run.objective.value(Vector::Zero(problem.w0.size())) - expected[0]) <=
             Real(1e-13) * expected[0]);
  const std::vector<Real> found = plateaus(run, log, expected[0]);
  BOOST_REQUIRE(found.size() == 2u);
  for (std::size_t k = 0; k < 2; ++k) {
    const Real error = std::abs(found[k] - expected[k + 1]) / expected[0];
    fmt::print("attention, degree {}, seed {}: plateau {:.8f}, off by {:.0e} of the loss at the origin\n",
               problem.network->degree(), seed, static_cast<double>(expected[k + 1]),
               static_cast<double>(error));
    BOOST_TEST(error <= delta);
  }
  BOOST_TEST(run.objective.value(run.parts.probe.weights(log.states.back())) <= Real(1e-12) * expected[0]);
}

BOOST_AUTO_TEST_SUITE_END()
