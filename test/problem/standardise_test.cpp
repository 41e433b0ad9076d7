#include "saddleflow/problem/standardise.hpp"

#include <boost/test/unit_test.hpp>
#include <limits>

#include "problem/expect_error.hpp"
#include "saddleflow/base/error.hpp"
#include "saddleflow/base/random.hpp"

BOOST_AUTO_TEST_SUITE(standardise_test)

using namespace saddleflow;

BOOST_AUTO_TEST_CASE(known_numbers) {
  Dataset data;
  data.inputs = (Matrix(1, 4) << 1, 1, 3, 3).finished();
  data.targets = (Matrix(1, 4) << -2, 2, -2, 2).finished();
  standardise(data);
  BOOST_TEST((data.inputs == (Matrix(1, 4) << -1, -1, 1, 1).finished()));
  BOOST_TEST((data.targets == (Matrix(1, 4) << -1, 1, -1, 1).finished()));
}

BOOST_AUTO_TEST_CASE(mean_zero_variance_one) {
  constexpr Real epsilon = std::numeric_limits<Real>::epsilon();
  Dataset data;
  Random random(4);
  data.inputs = (random.normal_matrix(5, 300).array() * 20 + 3000).matrix();
  data.targets = random.normal_matrix(2, 300) / 1000;
  standardise(data);
  for (const Matrix* values : {&data.inputs, &data.targets}) {
    BOOST_TEST(values->rowwise().mean().cwiseAbs().maxCoeff() <= 16 * epsilon);
    BOOST_TEST((values->rowwise().squaredNorm().array() / 300 - 1).abs().maxCoeff() <= 64 * epsilon);
  }
}

BOOST_AUTO_TEST_CASE(constant_columns_are_named) {
  Dataset data;
  data.origin = "cars.csv";
  data.inputs = (Matrix(2, 2) << 1, 2, 5, 5).finished();
  data.targets = (Matrix(1, 2) << 1, 2).finished();
  test::expect_error<InputError>([&] { standardise(data); },
                                 "cars.csv: column x2 is constant (5), it cannot be standardised");
  data.inputs(1, 1) = 6;
  data.targets(0, 1) = 1;
  test::expect_error<InputError>([&] { standardise(data); },
                                 "cars.csv: column y1 is constant (1), it cannot be standardised");
}

BOOST_AUTO_TEST_SUITE_END()
