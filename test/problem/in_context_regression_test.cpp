// Prompts of linear regression: sampled moments against the closed forms, the population's moments exactly,
// and the best attention.
#include <fmt/format.h>

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>
#include <limits>

#include "problem/expect_error.hpp"
#include "problem/sample_moments.hpp"
#include "saddleflow/base/decompositions.hpp"
#include "saddleflow/base/error.hpp"
#include "saddleflow/network/bilinear.hpp"
#include "saddleflow/problem/in_context_regression.hpp"
#include "saddleflow/problem/objective.hpp"

BOOST_AUTO_TEST_SUITE(in_context_regression_test)

namespace data = boost::unit_test::data;
using namespace saddleflow;
using test::deviation_of_mean;
using test::deviation_of_second_moment;
using test::expect_error;

namespace {

constexpr Real prompt_rounding = 200 * std::numeric_limits<Real>::epsilon();

InContextOptions prompts(Index context) {
  Random random(5);
  const Matrix q = random.orthonormal_columns(3, 3);
  Vector values(3);
  values << Real(2), Real(1), Real(0.4);
  InContextOptions options;
  options.covariance = q * values.asDiagonal() * q.transpose();
  options.covariance = ((options.covariance + options.covariance.transpose()) / Real(2)).eval();
  options.context = context;
  return options;
}

}  // namespace

BOOST_DATA_TEST_CASE(sampled_moments, data::make({1, 4, 31}), context) {
  constexpr std::uint64_t seed = 17;
  const InContextOptions options = prompts(context);
  const Index n = 20000;
  const Dataset sampled = in_context_regression(options, n, seed);
  const InContextMoments exact = in_context_moments(options);
  const Real second = deviation_of_second_moment(sampled.inputs, exact.second);
  Real answers = deviation_of_mean(sampled.targets.cwiseAbs2().transpose(), exact.square);
  for (Index k = 0; k < 9; ++k)
    answers = std::max(
        answers, deviation_of_mean(sampled.inputs.row(k).cwiseProduct(sampled.targets.row(0)).transpose(),
                                   exact.answers[k]));
  fmt::print(
      "prompts of {} pairs, seed {}: second moments off by {:.1f}, answers by {:.1f} standard errors\n",
      context, seed, static_cast<double>(second), static_cast<double>(answers));
  BOOST_TEST(second <= Real(5));
  BOOST_TEST(answers <= Real(5));
  BOOST_TEST(sampled.seed == 17);
  BOOST_TEST((in_context_regression(options, n, seed).inputs == sampled.inputs));
  BOOST_TEST((in_context_regression(options, n, seed, RandomStream::test).inputs - sampled.inputs).norm() >
             sampled.inputs.norm());
}

BOOST_DATA_TEST_CASE(population_moments, data::make({1, 4, 31}), context) {
  const InContextOptions options = prompts(context);
  const Dataset population = in_context_population(options);
  const InContextMoments exact = in_context_moments(options);
  BOOST_TEST(population.inputs.cols() == 9);
  const Matrix second = population.inputs * population.inputs.transpose() / Real(9);
  const Vector answers = population.inputs * population.targets.transpose() / Real(9);
  BOOST_TEST((second - exact.second).norm() <= prompt_rounding * exact.second.norm());
  BOOST_TEST((answers - exact.answers).norm() <= prompt_rounding * exact.answers.norm());
  BOOST_TEST(exact.least_loss > 0);
}

/// The best C fits the population, and leaves least_loss of fresh prompts: solved for here with the moments,
/// and put into a network of full width.
BOOST_DATA_TEST_CASE(the_best_attention, data::make({4, 31}), context) {
  const InContextOptions options = prompts(context);
  const InContextMoments exact = in_context_moments(options);
  const Matrix best = minimum_norm_least_squares(exact.second, exact.answers).reshaped(3, 3).eval();
  // C = A^T B with A = I.
  Vector w(18);
  w << Matrix::Identity(3, 3).reshaped(), best.transpose().reshaped();
  const auto network = bilinear(3, 3, 3, BilinearOuter::ones);
  const Loss loss(square_loss(), Reduction::mean);
  Objective population(network, in_context_population(options), loss);
  Vector gradient;
  const Real at_origin = population.value(Vector::Zero(18));
  BOOST_TEST(population.gradient(w, gradient) <= Real(1e-24) * at_origin);
  BOOST_TEST(gradient.norm() <= Real(1e-12));
  BOOST_TEST(std::abs(at_origin + exact.least_loss - exact.square / 2) <= prompt_rounding * exact.square);
  constexpr std::uint64_t seed = 23;
  const Dataset sampled = in_context_regression(options, 20000, seed);
  const Matrix errors = Objective(network, sampled, loss).outputs(w) - sampled.targets;
  const Real deviation = deviation_of_mean(errors.cwiseAbs2().transpose() / Real(2), exact.least_loss);
  fmt::print("best attention, {} pairs, seed {}: loss off by {:.1f} standard errors from {:.4f}\n", context,
             seed, static_cast<double>(deviation), static_cast<double>(exact.least_loss));
  BOOST_TEST(deviation <= Real(5));
}

BOOST_AUTO_TEST_CASE(errors) {
  InContextOptions options;
  options.covariance = Matrix::Ones(2, 3);
  expect_error<InputError>([&] { in_context_moments(options); },
                           "in-context regression: found a 2 x 3 covariance, expected a square one");
  options.covariance = Matrix::Identity(2, 2);
  options.covariance(0, 1) = Real(0.5);
  expect_error<InputError>([&] { in_context_population(options); },
                           "in-context regression: the covariance is not symmetric");
  options.covariance = -Matrix::Identity(2, 2);
  expect_error<InputError>(
      [&] { in_context_population(options); },
      "in-context regression: found the eigenvalue -1 of the covariance, expected positive "
      "ones");
  options.covariance = Matrix::Identity(2, 2);
  options.context = 0;
  expect_error<InputError>([&] { in_context_moments(options); },
                           "in-context regression: found 0 pairs a prompt, expected a positive number");
  options.context = 2;
  expect_error<InputError>([&] { in_context_regression(options, 0, 1); },
                           "in-context regression: found 0 prompts, expected a positive number");
}

BOOST_AUTO_TEST_SUITE_END()
