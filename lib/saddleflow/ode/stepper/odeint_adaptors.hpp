// The library's methods as first-class Odeint steppers: thin shells around the type-erased Stepper.
//
//   namespace odeint = boost::numeric::odeint;
//   auto stepper = odeint::make_dense_output(Real(1e-14), Real(1e-8), odeint_method::Auto());   // atol, rtol
//   odeint::integrate_adaptive(stepper, std::ref(system), x, Real(0), t_end, dt, observer);
//
// The tolerances are Odeint's: component i is measured against atol + rtol |x_i| (the larger end of the
// step), nothing is added; a step is accepted when the root mean square of these ratios is at most 1. The
// norms for gradient flows are those of StepperOptions: DenseOutput(name, options). Rodas5P and Auto take
// differences where a system offers no Jacobian.
//
// DenseOutput is a dense_output_stepper, Controlled a controlled_stepper; both work with Odeint's integrate
// functions, ranges and iterators on any system (see System for what a system may offer; pass one that offers
// more than a call by std::ref). Time runs forward only. Include only what of Odeint's integrate/ and
// iterator/ is needed, *before* or after this header.
#pragma once

#include <boost/numeric/odeint/stepper/generation/make_controlled.hpp>
#include <boost/numeric/odeint/stepper/generation/make_dense_output.hpp>
#include <boost/numeric/odeint/util/unwrap_reference.hpp>
#include <functional>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>

#include "saddleflow/ode/stepper/odeint_eigen.hpp"
#include "saddleflow/ode/stepper/stepper.hpp"

namespace saddleflow {

namespace odeint_method {

/// What Odeint asks of every stepper.
struct Types {
  using state_type = Vector;
  using deriv_type = Vector;
  using value_type = Real;
  using time_type = Real;
  using order_type = unsigned short;
};
/// Names of methods for make_controlled and make_dense_output.
struct Dopri5 : Types {
  static constexpr const char* name = stepper_name::dopri5;
};
struct Dop853 : Types {
  static constexpr const char* name = stepper_name::dop853;
};
struct Rodas5P : Types {
  static constexpr const char* name = stepper_name::rodas5p;
};
struct Rkc2 : Types {
  static constexpr const char* name = stepper_name::rkc2;
};
struct Auto : Types {
  static constexpr const char* name = stepper_name::automatic;
};

template <class M>
concept Method = std::is_base_of_v<Types, M> && requires {
  std::string(M::name);
};

}  // namespace odeint_method

/// Odeint's dense-output stepper concept.
class DenseOutput : public odeint_method::Types {
 public:
  using stepper_category = boost::numeric::odeint::dense_output_stepper_tag;

  DenseOutput(const std::string& method, const StepperOptions& options)
      : stepper_(make_stepper(method, options)) {}
  DenseOutput(const DenseOutput& other) : stepper_(other.stepper_->clone()) {}
  DenseOutput& operator=(const DenseOutput& other) {
    stepper_ = other.stepper_->clone();
    return *this;
  }
  DenseOutput(DenseOutput&&) noexcept = default;
  DenseOutput& operator=(DenseOutput&&) noexcept = default;
  ~DenseOutput() = default;

  /// Odeint re-initialises at the end of an interval with the stepper's own state, only to shorten the step;
  /// the memory is kept then.
  void initialize(const Vector& x, Real t, Real dt) {
    if (&x != &stepper_->current_state() || t != stepper_->current_time())
      stepper_->initialize(x, t, dt);
    else if (dt != 0)  // 0: Odeint has arrived and will not step again
      stepper_->set_time_step(dt);
  }
  template <class S>
  std::pair<Real, Real> do_step(S system) {
    typename boost::numeric::odeint::unwrap_reference<S>::type& unwrapped = system;
    const auto step = stepper_->do_step(System(unwrapped));
    // A copy of the system dies here, before anyone may ask for dense output.
    if constexpr (std::is_same_v<S, typename boost::numeric::odeint::unwrap_reference<S>::type>)
      stepper_->complete_dense_output();
    return step;
  }
  template <class X>
  void calc_state(Real t, X& x) const {
    typename boost::numeric::odeint::unwrap_reference<X>::type& unwrapped = x;
    stepper_->calc_state(t, unwrapped);
  }
  const Vector& current_state() const { return stepper_->current_state(); }
  Real current_time() const { return stepper_->current_time(); }
  const Vector& previous_state() const { return stepper_->previous_state(); }
  Real previous_time() const { return stepper_->previous_time(); }
  Real current_time_step() const { return stepper_->current_time_step(); }
  const Stepper& stepper() const { return *stepper_; }

 private:
  std::unique_ptr<Stepper> stepper_;
};

/// Odeint's controlled-stepper concept: one accepted step a try, shorter than asked where necessary. A state
/// changed from outside is noticed (no stale derivative).
class Controlled : public odeint_method::Types {
 public:
  using stepper_category = boost::numeric::odeint::controlled_stepper_tag;

  Controlled(const std::string& method, const StepperOptions& options) : dense_(method, options) {}

  template <class S>
  boost::numeric::odeint::controlled_step_result try_step(S system, Vector& x, Real& t, Real& dt) {
    const bool goes_on = t == dense_.current_time() && x.size() == dense_.current_state().size() &&
                         x == dense_.current_state();
    if (goes_on)
      dense_.initialize(dense_.current_state(), t, dt);
    else
      dense_.initialize(x, t, dt);
    typename boost::numeric::odeint::unwrap_reference<S>::type& unwrapped = system;
    dense_.do_step(std::ref(unwrapped));  // nobody asks for dense output
    x = dense_.current_state();
    t = dense_.current_time();
    dt = dense_.current_time_step();
    return boost::numeric::odeint::success;
  }
  const Stepper& stepper() const { return dense_.stepper(); }

 private:
  DenseOutput dense_;
};

}  // namespace saddleflow

namespace boost::numeric::odeint {

template <saddleflow::odeint_method::Method M>
struct get_controller<M> {
  using type = saddleflow::Controlled;
};

template <saddleflow::odeint_method::Method M>
struct get_dense_output<M> {
  using type = saddleflow::DenseOutput;
};

}  // namespace boost::numeric::odeint

namespace saddleflow::detail {

/// See the head of this file.
template <class M, class Result>
struct OdeintFactory {
  Result operator()(Real abs_error, Real rel_error, const M& method) {
    return (*this)(abs_error, rel_error, Real(0), method);
  }
  Result operator()(Real abs_error, Real rel_error, Real max_dt, const M& /*method*/) {
    StepperOptions options;
    options.error = ErrorControl::by_component(rel_error, abs_error);
    options.max_step = max_dt;
    return Result(M::name, options);
  }
};

}  // namespace saddleflow::detail

namespace boost::numeric::odeint {

template <saddleflow::odeint_method::Method M>
struct controller_factory<M, saddleflow::Controlled>
    : saddleflow::detail::OdeintFactory<M, saddleflow::Controlled> {};

template <saddleflow::odeint_method::Method M>
struct dense_output_factory<M, saddleflow::DenseOutput>
    : saddleflow::detail::OdeintFactory<M, saddleflow::DenseOutput> {};

}  // namespace boost::numeric::odeint
