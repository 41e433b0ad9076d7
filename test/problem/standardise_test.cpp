#include "saddleflow/problem/standardise.hpp"

#include <boost/test/unit_test.hpp>
#include <limits>

#include "saddleflow/base/random.hpp"

BOOST_AUTO_TEST_SUITE(standardise_test)

using namespace saddleflow;

BOOST_AUTO_TEST_CASE(known_numbers) {
  Dataset data;
  data.inputs = (Matrix(1, 4) << 1, 1, 3, 3).finished();
  data.targets = (Matrix(1, 4) << -2, 2, -2, 2).finished();
  Standardiser(data, Standardiser::Columns::all).apply(data);
  BOOST_TEST((data.inputs == (Matrix(1, 4) << -1, -1, 1, 1).finished()));
  BOOST_TEST((data.targets == (Matrix(1, 4) << -1, 1, -1, 1).finished()));
}

BOOST_AUTO_TEST_CASE(mean_zero_variance_one) {
  constexpr Real epsilon = std::numeric_limits<Real>::epsilon();
  Dataset data;
  Random random(4);
  data.inputs = (random.normal_matrix(5, 300).array() * 20 + 3000).matrix();
  data.targets = random.normal_matrix(2, 300) / 1000;
  Standardiser(data, Standardiser::Columns::all).apply(data);
  for (const Matrix* values : {&data.inputs, &data.targets}) {
    BOOST_TEST(values->rowwise().mean().cwiseAbs().maxCoeff() <= 16 * epsilon);
    BOOST_TEST((values->rowwise().squaredNorm().array() / 300 - 1).abs().maxCoeff() <= 64 * epsilon);
  }
}

BOOST_AUTO_TEST_CASE(constant_columns_are_centred_and_named) {
  Dataset data;
  data.inputs = (Matrix(2, 2) << 1, 3, 5, 5).finished();
  data.targets = (Matrix(2, 2) << 2, 4, Real(0.1), Real(0.1)).finished();
  const Standardiser standardiser(data, Standardiser::Columns::all);
  standardiser.apply(data);
  BOOST_TEST((data.inputs == (Matrix(2, 2) << -1, 1, 0, 0).finished()));
  BOOST_TEST((data.targets == (Matrix(2, 2) << -1, 1, 0, 0).finished()));
  BOOST_TEST((data.constant_columns == std::vector<std::string>{"x2", "y2"}));
}

/// Another set is shifted and scaled as the first was, whatever its own mean and spread.
BOOST_AUTO_TEST_CASE(another_set_follows_the_first) {
  Dataset training, test;
  training.inputs = (Matrix(2, 4) << 1, 1, 3, 3, 5, 5, 5, 5).finished();
  training.targets = (Matrix(1, 4) << -2, 2, -2, 2).finished();
  test.inputs = (Matrix(2, 2) << 2, 5, 6, 5).finished();
  test.targets = (Matrix(1, 2) << 4, 1).finished();
  Standardiser(training, Standardiser::Columns::all).apply(test);
  BOOST_TEST((test.inputs == (Matrix(2, 2) << 0, 3, 1, 0).finished()));
  BOOST_TEST((test.targets == (Matrix(1, 2) << 2, Real(0.5)).finished()));
  BOOST_TEST((test.constant_columns == std::vector<std::string>{"x2"}));
  Dataset classes = training;
  Standardiser(classes, Standardiser::Columns::inputs).apply(classes);
  BOOST_TEST((classes.targets == training.targets));
}

BOOST_AUTO_TEST_SUITE_END()
