#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <limits>

#include "problem/expect_error.hpp"
#include "saddleflow/base/error.hpp"
#include "saddleflow/problem/data_generators.hpp"

BOOST_AUTO_TEST_SUITE(target_generators_test)

namespace data = boost::unit_test::data;
using namespace saddleflow;
using test::expect_error;

namespace {

constexpr Real epsilon = std::numeric_limits<Real>::epsilon();
constexpr Real not_a_number = std::numeric_limits<Real>::quiet_NaN();

GeneratorOptions options_of(TargetKind kind, Index dimension = 3, Index outputs = 1) {
  GeneratorOptions options;
  options.inputs = InputKind::gaussian;
  options.targets = kind;
  options.dimension = dimension;
  options.outputs = outputs;
  options.samples = 20;
  return options;
}

GeneratorOptions teacher_of(std::vector<Index> layers, Activation activation) {
  GeneratorOptions options = options_of(TargetKind::teacher, layers.front(), layers.back());
  options.teacher.layers = std::move(layers);
  options.teacher.activation = activation;
  return options;
}

void expect_target_error(const GeneratorOptions& options, const std::string& message) {
  expect_error<InputError>([&] { generate_dataset(options); }, message);
}

}  // namespace

// With unit-norm hidden rows and outer weights +-1, squared-ReLU outputs are at most width * |x|^2.
BOOST_DATA_TEST_CASE(teachers_are_bounded_and_not_trivial, data::make({1, 3, 10}), width) {
  const Dataset data = generate_dataset(teacher_of({4, width, 2}, Activation(0, 2)));
  BOOST_TEST_REQUIRE((data.targets.rows() == 2 && data.targets.cols() == 20));
  for (Index i = 0; i < 20; ++i)
    BOOST_TEST(data.targets.col(i).cwiseAbs().maxCoeff() <=
               static_cast<Real>(width) * data.inputs.col(i).squaredNorm() * (1 + 8 * epsilon));
  BOOST_TEST(data.targets.cwiseAbs().maxCoeff() > 0);
}

// One linear hidden neuron of unit norm on orthonormal inputs that span R^d: the targets are +- its
// coordinates.
BOOST_AUTO_TEST_CASE(teacher_neurons_have_unit_norm) {
  GeneratorOptions options = teacher_of({6, 1, 1}, Activation(1, 1));
  options.inputs = InputKind::orthogonal;
  options.samples = 6;
  using std::abs;
  BOOST_TEST(abs(generate_dataset(options).targets.norm() - 1) <= 8 * epsilon);
  options.teacher.scale = Real(-2.5);
  BOOST_TEST(abs(generate_dataset(options).targets.norm() - Real(2.5)) <= 16 * epsilon);
}

BOOST_AUTO_TEST_CASE(given_outer_weights_replace_the_signs) {
  GeneratorOptions options = teacher_of({3, 1, 1}, Activation(-1, 2));
  options.teacher.outer = {3};
  const Dataset tripled = generate_dataset(options);
  options.teacher.outer = {1};
  const Dataset single = generate_dataset(options);
  BOOST_TEST((tripled.targets - 3 * single.targets).cwiseAbs().maxCoeff() <=
             4 * epsilon * tripled.targets.cwiseAbs().maxCoeff());
}

BOOST_AUTO_TEST_CASE(given_weights_make_the_known_network) {
  GeneratorOptions options = teacher_of({2, 2, 1}, Activation(0, 2));
  options.teacher.weights = {1, -1, 2, 0, 5, 4};  // W_1 = [1 2; -1 0] column by column, W_2 = [5 4]
  const Dataset data = generate_dataset(options);
  for (Index i = 0; i < data.inputs.cols(); ++i) {
    const Real first = std::max(Real(0), data.inputs(0, i) + 2 * data.inputs(1, i));
    const Real second = std::max(Real(0), -data.inputs(0, i));
    const Real expected = 5 * first * first + 4 * second * second;
    BOOST_TEST(std::abs(data.targets(0, i) - expected) <= 16 * epsilon * (1 + expected));
  }
}

// P1's toy setting: y = 5 max(0, x1)^2 + 4 max(0, -x1)^2.
BOOST_AUTO_TEST_CASE(teacher_sum_of_two_half_lines) {
  GeneratorOptions options = options_of(TargetKind::teacher_sum, 2);
  options.inputs = InputKind::circle;
  options.samples = 50;
  options.teacher_sum.activation = Activation(0, 2);
  options.teacher_sum.vectors = Matrix::Zero(2, 2);
  options.teacher_sum.vectors.col(0) << 1, -1;
  options.teacher_sum.coefficients = {5, 4};
  const Dataset data = generate_dataset(options);
  for (Index i = 0; i < 50; ++i) {
    const Real x = data.inputs(0, i);
    BOOST_TEST(std::abs(data.targets(0, i) - (x > 0 ? 5 : 4) * x * x) <= 8 * epsilon);
  }
}

BOOST_AUTO_TEST_CASE(sparse_polynomial_multiplies_coordinates) {
  GeneratorOptions options = options_of(TargetKind::sparse_polynomial);
  options.sparse_polynomial = {{1, {1, 2}}, {Real(-0.5), {3, 3, 3}}, {2, {}}};
  const Dataset data = generate_dataset(options);
  for (Index i = 0; i < data.inputs.cols(); ++i) {
    const auto x = data.inputs.col(i);
    const Real expected = x(0) * x(1) - Real(0.5) * x(2) * x(2) * x(2) + 2;
    BOOST_TEST(std::abs(data.targets(0, i) - expected) <= 16 * epsilon * (1 + std::abs(expected)));
  }
}

BOOST_AUTO_TEST_CASE(signs_are_signs) {
  GeneratorOptions options = options_of(TargetKind::signs, 2, 3);
  options.samples = 1000;
  const Matrix y = generate_dataset(options).targets;
  BOOST_TEST((y.cwiseAbs().array() == 1).all());
  BOOST_TEST(y.rowwise().sum().cwiseAbs().maxCoeff() < 5 * std::sqrt(Real(1000)));
}

BOOST_DATA_TEST_CASE(classes_are_the_largest_output_of_the_teacher, data::make({0.0, 0.3}), noise) {
  GeneratorOptions options = teacher_of({4, 5, 3}, Activation(0, 2));
  options.noise = Real(noise);
  options.samples = 200;
  const Matrix scores = generate_dataset(options).targets;
  options.targets = TargetKind::classes;
  const Dataset data = generate_dataset(options);
  BOOST_TEST(data.origin == "generator gaussian/classes");
  for (Index i = 0; i < options.samples; ++i) {
    BOOST_TEST(data.targets.col(i).sum() == 1);
    BOOST_TEST(data.targets.col(i).dot(scores.col(i)) == scores.col(i).maxCoeff());
  }
  BOOST_TEST((data.targets.rowwise().sum().array() > 0).count() >= 2);
}

BOOST_AUTO_TEST_CASE(two_classes_of_one_output_are_its_sign) {
  GeneratorOptions options = teacher_of({4, 5, 1}, Activation(1, 1));
  const Matrix scores = generate_dataset(options).targets;
  options.targets = TargetKind::classes;
  const Matrix y = generate_dataset(options).targets;
  BOOST_TEST((y.cwiseAbs().array() == 1).all());
  BOOST_TEST((y.cwiseProduct(scores).array() > 0).all());
  const Dataset test = generate_test_set(options, 5);
  BOOST_TEST((test.targets.cwiseAbs().array() == 1).all());
}

BOOST_AUTO_TEST_CASE(linear_targets_give_back_their_matrix) {
  GeneratorOptions options = options_of(TargetKind::linear, 3, 2);
  options.inputs = InputKind::whitened;
  options.linear = (Matrix(2, 3) << 3, 0, 1, 0, -1, 2).finished();
  const Dataset data = generate_dataset(options);
  // Y X^T = Sigma X X^T = Sigma
  BOOST_TEST((data.targets * data.inputs.transpose() - options.linear).cwiseAbs().maxCoeff() <= 32 * epsilon);
}

BOOST_AUTO_TEST_CASE(noise_has_its_own_numbers) {
  GeneratorOptions options = options_of(TargetKind::signs);
  options.samples = 20000;
  const Dataset clean = generate_dataset(options);
  options.noise = Real(0.1);
  const Dataset noisy = generate_dataset(options);
  BOOST_TEST((clean.inputs == noisy.inputs));
  const Matrix difference = noisy.targets - clean.targets;
  BOOST_TEST(std::abs(difference.norm() / std::sqrt(Real(20000)) - Real(0.1)) < Real(0.0025));
}

BOOST_AUTO_TEST_CASE(origin_and_seed_are_noted) {
  GeneratorOptions options = options_of(TargetKind::signs);
  options.seed = 12;
  const Dataset data = generate_dataset(options);
  BOOST_TEST(data.origin == "generator gaussian/signs");
  BOOST_TEST(data.seed == 12);
  BOOST_TEST(data.dropped == 0);
  BOOST_TEST((data.targets == generate_dataset(options).targets));
  options.seed = 13;
  BOOST_TEST((data.targets != generate_dataset(options).targets));
}

BOOST_AUTO_TEST_CASE(names_come_back) {
  for (const char* name :
       {"teacher", "teacher_sum", "sparse_polynomial", "signs", "classes", "linear", "given"})
    BOOST_TEST(name_of(by_name<TargetKind>(name)) == std::string(name));
  expect_error<InputError>([] { by_name<TargetKind>("master", "data.targets"); },
                           "data.targets: found \"master\", expected one of teacher, teacher_sum, "
                           "sparse_polynomial, signs, classes, linear, given");
}

BOOST_AUTO_TEST_CASE(bad_teachers_are_refused) {
  GeneratorOptions options = options_of(TargetKind::teacher);
  expect_target_error(
      options, "data.teacher.layers: [] found, expected inputs, hidden widths ..., outputs, all positive");
  options.teacher.layers = {3, 0, 1};
  expect_target_error(
      options,
      "data.teacher.layers: [3, 0, 1] found, expected inputs, hidden widths ..., outputs, all positive");
  options.teacher.layers = {4, 2, 1};
  expect_target_error(options, "data.teacher.layers: [4, 2, 1] found, expected 3 inputs and 1 outputs");
  options.teacher.layers = {3, 2, 1};
  options.teacher.scale = not_a_number;
  expect_target_error(options, "data.teacher.scale: nan found, expected a finite number");
  options.teacher.scale = 1;
  options.teacher.outer = {1, 2, 3};
  expect_target_error(options, "data.teacher.outer: 3 numbers found, expected 2");
  options.teacher.outer = {1, not_a_number};
  expect_target_error(options, "data.teacher.outer: a number is not finite");
  options.teacher.weights = {1};
  expect_target_error(
      options, "data.teacher.outer: given together with data.teacher.weights, which holds all weights");
  options.teacher.outer.clear();
  expect_target_error(options, "data.teacher.weights: 1 numbers found, expected 8");
}

BOOST_AUTO_TEST_CASE(bad_sums_and_polynomials_are_refused) {
  GeneratorOptions options = options_of(TargetKind::teacher_sum);
  expect_target_error(options, "data.teacher_sum.vectors: none found, expected at least one");
  options.teacher_sum.vectors = Matrix::Ones(2, 2);
  expect_target_error(options, "data.teacher_sum.vectors: vectors of 2 numbers found, expected 3");
  options.teacher_sum.vectors = Matrix::Constant(2, 3, not_a_number);
  expect_target_error(options, "data.teacher_sum.vectors: a number is not finite");
  options.teacher_sum.vectors = Matrix::Ones(2, 3);
  options.teacher_sum.coefficients = {1};
  expect_target_error(options, "data.teacher_sum.coefficients: 1 numbers found, expected 2");
  options.outputs = 2;
  expect_target_error(options, "data.targets: \"teacher_sum\" makes one output, the network has 2");

  options = options_of(TargetKind::sparse_polynomial);
  expect_target_error(options, "data.sparse_polynomial: no monomial found, expected at least one");
  options.sparse_polynomial = {{1, {1, 4}}};
  expect_target_error(options, "data.sparse_polynomial: coordinate 4 found, expected one of 1 ... 3");
  options.sparse_polynomial = {{1, {0}}};
  expect_target_error(options, "data.sparse_polynomial: coordinate 0 found, expected one of 1 ... 3");
  options.sparse_polynomial = {{not_a_number, {1}}};
  expect_target_error(options, "data.sparse_polynomial: coefficient nan found, expected a finite number");
}

BOOST_AUTO_TEST_CASE(bad_given_numbers_are_refused) {
  GeneratorOptions options = options_of(TargetKind::linear);
  options.linear = Matrix::Ones(3, 1);
  expect_target_error(options, "data.linear.matrix: 3 x 1 found, expected 1 x 3 (outputs x inputs)");
  options.linear = Matrix::Constant(1, 3, not_a_number);
  expect_target_error(options, "data.linear.matrix: a number is not finite");
  options = options_of(TargetKind::given);
  options.given_targets = Matrix::Ones(1, 19);
  expect_target_error(options, "data.given.targets: 19 samples of 1 numbers found, expected 20 of 1");
  options.given_targets = Matrix::Constant(1, 20, not_a_number);
  expect_target_error(options, "data.given.targets: a number is not finite");
  options.noise = -1;
  expect_target_error(options, "data.noise: -1 found, expected a number >= 0");
  options.outputs = 0;
  expect_target_error(options, "data.targets: 0 outputs found, expected a positive number");
}

BOOST_AUTO_TEST_SUITE_END()
