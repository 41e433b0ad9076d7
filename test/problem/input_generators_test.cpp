#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <limits>

#include "problem/expect_error.hpp"
#include "saddleflow/base/error.hpp"
#include "saddleflow/problem/data_generators.hpp"

BOOST_AUTO_TEST_SUITE(input_generators_test)

namespace data = boost::unit_test::data;
using namespace saddleflow;
using test::expect_error;

namespace {

constexpr Real epsilon = std::numeric_limits<Real>::epsilon();

GeneratorOptions options_of(InputKind kind, Index dimension, Index samples, std::uint64_t seed = 1) {
  GeneratorOptions options;
  options.inputs = kind;
  options.dimension = dimension;
  options.samples = samples;
  options.seed = seed;
  return options;
}

void expect_input_error(const GeneratorOptions& options, const std::string& message) {
  expect_error<InputError>([&] { generate_inputs(options); }, message);
}

}  // namespace

BOOST_DATA_TEST_CASE(gaussian_moments, data::make({1, 2, 3}), seed) {
  const Matrix x =
      generate_inputs(options_of(InputKind::gaussian, 4, 20000, static_cast<std::uint64_t>(seed)));
  const Matrix covariance = x * x.transpose() / Real(20000);
  const Real largest = (covariance - Matrix::Identity(4, 4)).cwiseAbs().maxCoeff();
  BOOST_TEST_MESSAGE("seed " << seed << ": largest entry of XX^T/n - I " << largest);
  BOOST_TEST(largest < Real(0.05));
  BOOST_TEST(x.rowwise().mean().cwiseAbs().maxCoeff() < Real(0.035));
}

BOOST_DATA_TEST_CASE(sphere_has_unit_columns, data::make({1, 2, 10, 50}), dimension) {
  const Matrix x = generate_inputs(options_of(InputKind::sphere, dimension, 100));
  BOOST_TEST((x.colwise().norm().array() - 1).abs().maxCoeff() <= 4 * epsilon);
}

BOOST_AUTO_TEST_CASE(circle_is_equispaced) {
  GeneratorOptions options = options_of(InputKind::circle, 2, 8);
  options.offset = Real(0.25);
  const Matrix x = generate_inputs(options);
  using std::abs;
  using std::cos;
  using std::sin;
  BOOST_TEST(abs(x(0, 0) - cos(Real(0.25))) <= epsilon);
  BOOST_TEST(abs(x(1, 0) - sin(Real(0.25))) <= epsilon);
  const Real c = cos(std::acos(Real(-1)) / 4);
  for (Index i = 0; i < 8; ++i) BOOST_TEST(abs(x.col(i).dot(x.col((i + 1) % 8)) - c) <= 4 * epsilon);
  // Equispaced points integrate trigonometric polynomials exactly: XX^T = (n/2) I.
  BOOST_TEST((x * x.transpose() - 4 * Matrix::Identity(2, 2)).cwiseAbs().maxCoeff() <= 16 * epsilon);
}

BOOST_DATA_TEST_CASE(orthogonal_columns, data::make({1, 5, 20, 60}), samples) {
  const Matrix x = generate_inputs(options_of(InputKind::orthogonal, 60, samples));
  const Real error = (x.transpose() * x - Matrix::Identity(samples, samples)).cwiseAbs().maxCoeff();
  BOOST_TEST_MESSAGE(samples << " columns in dimension 60: largest entry of X^T X - I " << error);
  BOOST_TEST(error <= 8 * epsilon);
}

BOOST_DATA_TEST_CASE(whitened_rows, data::make({5, 20, 300}), samples) {
  const Matrix x = generate_inputs(options_of(InputKind::whitened, 5, samples));
  const Real error = (x * x.transpose() - Matrix::Identity(5, 5)).cwiseAbs().maxCoeff();
  BOOST_TEST_MESSAGE(samples << " samples in dimension 5: largest entry of X X^T - I " << error);
  BOOST_TEST(error <= 8 * epsilon);
}

BOOST_AUTO_TEST_CASE(hypercube_has_both_signs) {
  const Matrix x = generate_inputs(options_of(InputKind::hypercube, 6, 1000));
  BOOST_TEST((x.cwiseAbs().array() == 1).all());
  BOOST_TEST(x.rowwise().sum().cwiseAbs().maxCoeff() < 5 * std::sqrt(Real(1000)));
}

BOOST_AUTO_TEST_CASE(scale_multiplies_generated_inputs) {
  GeneratorOptions options = options_of(InputKind::sphere, 3, 4);
  const Matrix x = generate_inputs(options);
  options.scale = 2;
  BOOST_TEST((generate_inputs(options) == 2 * x));
}

BOOST_AUTO_TEST_CASE(given_inputs_are_taken_as_they_are) {
  GeneratorOptions options = options_of(InputKind::given, 2, 1);
  options.given_inputs = Vector::Constant(2, Real(0.5));
  options.scale = 3;
  BOOST_TEST((generate_inputs(options) == options.given_inputs));
}

BOOST_DATA_TEST_CASE(the_seed_decides,
                     data::make({"gaussian", "sphere", "orthogonal", "whitened", "hypercube"}), name) {
  const InputKind kind = by_name<InputKind>(name);
  const Matrix x = generate_inputs(options_of(kind, 8, 8, 3));
  BOOST_TEST((x == generate_inputs(options_of(kind, 8, 8, 3))));
  BOOST_TEST((x != generate_inputs(options_of(kind, 8, 8, 4))));
}

BOOST_AUTO_TEST_CASE(names_come_back) {
  for (const char* name : {"gaussian", "sphere", "circle", "orthogonal", "whitened", "hypercube", "given"})
    BOOST_TEST(name_of(by_name<InputKind>(name)) == std::string(name));
  expect_error<InputError>([] { by_name<InputKind>("ball", "data.inputs"); },
                           "data.inputs: found \"ball\", expected one of gaussian, sphere, circle, "
                           "orthogonal, whitened, hypercube, given");
}

BOOST_AUTO_TEST_CASE(impossible_shapes_are_refused) {
  expect_input_error(options_of(InputKind::sphere, 3, 0),
                     "data.samples: 0 found, expected a positive number");
  expect_input_error(options_of(InputKind::sphere, 0, 3),
                     "data.inputs: dimension 0 found, expected a positive number");
  expect_input_error(options_of(InputKind::circle, 3, 5),
                     "data.inputs: \"circle\" needs 2 inputs, the network has 3");
  expect_input_error(options_of(InputKind::orthogonal, 3, 4),
                     "data.samples: 4 orthogonal inputs asked for, at most 3 exist in dimension 3");
  expect_input_error(options_of(InputKind::whitened, 4, 3),
                     "data.samples: 3 found, whitened inputs in dimension 4 need at least 4");
}

BOOST_AUTO_TEST_CASE(impossible_numbers_are_refused) {
  GeneratorOptions options = options_of(InputKind::sphere, 3, 2);
  options.scale = 0;
  expect_input_error(options, "data.scale: 0 found, expected a positive number");
  options.scale = std::numeric_limits<Real>::quiet_NaN();
  expect_input_error(options, "data.scale: nan found, expected a positive number");
  options.scale = 1;
  options.offset = 1;
  expect_input_error(options, "data.offset: belongs to inputs = \"circle\", found with \"sphere\"");
  options = options_of(InputKind::circle, 2, 2);
  options.offset = std::numeric_limits<Real>::infinity();
  expect_input_error(options, "data.offset: inf found, expected a finite angle");
  options = options_of(InputKind::given, 2, 2);
  options.given_inputs = Matrix::Ones(2, 3);
  expect_input_error(options, "data.given.inputs: 3 samples of 2 numbers found, expected 2 of 2");
  options.given_inputs = Matrix::Constant(2, 2, std::numeric_limits<Real>::quiet_NaN());
  expect_input_error(options, "data.given.inputs: a number is not finite");
}

BOOST_AUTO_TEST_SUITE_END()
