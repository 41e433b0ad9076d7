#include "saddleflow/network/activation.hpp"

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <limits>

#include "saddleflow/base/error.hpp"

BOOST_AUTO_TEST_SUITE(activation_test)

namespace data = boost::unit_test::data;
using saddleflow::Activation;
using saddleflow::Matrix;
using saddleflow::Real;

BOOST_DATA_TEST_CASE(derivatives_follow_from_the_formula,
                     data::make({-1.0, 0.0, 0.1, 0.3, 1.0}) * data::xrange(1, 17), slope, power) {
  using std::pow, std::abs;
  const Activation sigma{Real(slope), power};
  const Real p(power);
  for (const Real s : {Real(-2), Real(-0.3), Real(0.4), Real(1.7)}) {
    const Real side = s > Real(0) ? Real(1) : Real(slope);
    const Real t = side * s;
    // t^0 = 1 also for t = 0: the slope 0 makes the product vanish by itself.
    const Real value = pow(t, p);
    const Real first = p * side * (power == 1 ? Real(1) : pow(t, p - Real(1)));
    const Real second =
        power == 1 ? Real(0) : p * (p - Real(1)) * side * side * (power == 2 ? Real(1) : pow(t, p - Real(2)));
    const Real tolerance = Real(32) * std::numeric_limits<Real>::epsilon();
    BOOST_TEST(abs(sigma.value(s) - value) <= tolerance * abs(value));
    BOOST_TEST(abs(sigma.derivative(s) - first) <= tolerance * abs(first));
    BOOST_TEST(abs(sigma.second_derivative(s) - second) <= tolerance * abs(second));
  }
}

BOOST_DATA_TEST_CASE(blocks_equal_scalars_to_the_bit,
                     data::make({-1.0, 0.0, 0.3, 1.0}) * data::make({1, 2, 3, 5}), slope, power) {
  const Activation sigma{Real(slope), power};
  const Matrix s = Matrix::Random(7, 9);
  Matrix value, first, second;
  sigma.value(s, value);
  sigma.derivative(s, first);
  sigma.second_derivative(s, second);
  for (Eigen::Index k = 0; k < s.size(); ++k) {
    BOOST_TEST(value.data()[k] == sigma.value(s.data()[k]));
    BOOST_TEST(first.data()[k] == sigma.derivative(s.data()[k]));
    BOOST_TEST(second.data()[k] == sigma.second_derivative(s.data()[k]));
  }
}

BOOST_AUTO_TEST_CASE(kinks_take_the_side_below) {
  BOOST_TEST(Activation(Real(0), 1).derivative(Real(0)) == Real(0));
  BOOST_TEST(Activation(Real(0.25), 1).derivative(Real(0)) == Real(0.25));
  BOOST_TEST(Activation(Real(-1), 1).derivative(Real(0)) == Real(-1));
  BOOST_TEST(Activation(Real(0), 2).second_derivative(Real(0)) == Real(0));
  BOOST_TEST(Activation(Real(-1), 2).second_derivative(Real(0)) == Real(2));
}

BOOST_AUTO_TEST_CASE(not_a_number_passes_through) {
  const Real nan = std::numeric_limits<Real>::quiet_NaN();
  for (const int power : {1, 2, 3, 4}) BOOST_TEST(std::isnan(Activation(Real(0), power).value(nan)));
}

BOOST_AUTO_TEST_CASE(names) {
  BOOST_TEST(Activation().description() == "linear");
  BOOST_TEST(Activation(Real(0), 1).description() == "ReLU");
  BOOST_TEST(Activation(Real(0.1), 1).description() == "leaky ReLU (slope 0.1)");
  BOOST_TEST(Activation(Real(-1), 1).description() == "absolute value");
  BOOST_TEST(Activation(Real(0), 2).description() == "squared ReLU");
  BOOST_TEST(Activation(Real(-1), 2).description() == "square");
  BOOST_TEST(Activation(Real(1), 3).description() == "cube");
  BOOST_TEST(Activation(Real(0), 3).description() == "cubed ReLU");
  BOOST_TEST(Activation(Real(0), 5).description() == "ReLU to the power 5");
  BOOST_TEST(Activation(Real(0.3), 2).description() == "leaky ReLU (slope 0.3) to the power 2");
  BOOST_TEST(Activation(Real(-1), 3).description() == "absolute value to the power 3");
}

BOOST_AUTO_TEST_CASE(smoothness) {
  BOOST_TEST(Activation().is_linear());
  BOOST_TEST(Activation().is_smooth());
  BOOST_TEST(Activation().is_polynomial());
  BOOST_TEST(Activation(Real(1), 3).is_polynomial());
  BOOST_TEST(Activation(Real(-1), 2).is_polynomial());
  BOOST_TEST(!Activation(Real(-1), 3).is_polynomial());
  BOOST_TEST(!Activation(Real(0), 4).is_polynomial());
  BOOST_TEST(!Activation(Real(0), 1).is_smooth());
  BOOST_TEST(Activation(Real(0), 2).is_smooth());
  BOOST_TEST(!Activation(Real(1), 2).is_linear());
}

BOOST_AUTO_TEST_CASE(impossible_arguments) {
  BOOST_CHECK_THROW(Activation(Real(1.5), 1), saddleflow::InputError);
  BOOST_CHECK_THROW(Activation(Real(-2), 1), saddleflow::InputError);
  BOOST_CHECK_THROW(Activation(std::numeric_limits<Real>::quiet_NaN(), 1), saddleflow::InputError);
  BOOST_CHECK_THROW(Activation(Real(0), 0), saddleflow::InputError);
  BOOST_CHECK_THROW(Activation(Real(0), 17), saddleflow::InputError);
}

BOOST_AUTO_TEST_SUITE_END()
