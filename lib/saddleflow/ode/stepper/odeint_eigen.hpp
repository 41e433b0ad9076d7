// The one place that includes Odeint for Eigen states.
//
// Odeint needs external/eigen/eigen.hpp to know that an Eigen vector is resizeable and a vector space, and
// needs it *after* its own headers. Without it, or in another order, programs compile and crash: the stages
// are never resized. Include this header and no other of Odeint for a state of Eigen type; the assertions
// below hold for Matrix<double> and Matrix<long double> alike.
#pragma once

#include <boost/numeric/odeint/algebra/algebra_dispatcher.hpp>
#include <boost/numeric/odeint/algebra/vector_space_algebra.hpp>
#include <boost/numeric/odeint/stepper/controlled_runge_kutta.hpp>
#include <boost/numeric/odeint/stepper/controlled_step_result.hpp>
#include <boost/numeric/odeint/stepper/runge_kutta_dopri5.hpp>
#include <boost/numeric/odeint/stepper/stepper_categories.hpp>
// After all of the above.
#include <boost/numeric/odeint/external/eigen/eigen.hpp>

#include <type_traits>

namespace saddleflow::detail {

template <class Scalar>
constexpr bool odeint_knows_vectors_of() {
  using V = Eigen::Matrix<Scalar, Eigen::Dynamic, 1>;
  namespace odeint = boost::numeric::odeint;
  return odeint::is_resizeable<V>::value &&
         std::is_same_v<typename odeint::algebra_dispatcher<V>::algebra_type, odeint::vector_space_algebra>;
}
static_assert(odeint_knows_vectors_of<double>() && odeint_knows_vectors_of<long double>(),
              "Odeint would not resize Eigen vectors: include saddleflow/ode/stepper/odeint_eigen.hpp first");

}  // namespace saddleflow::detail
