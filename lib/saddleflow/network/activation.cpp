#include "saddleflow/network/activation.hpp"

#include <fmt/format.h>

#include <cmath>

#include "saddleflow/base/error.hpp"

namespace saddleflow {
namespace {

// At this power a factor of ten in z is one of 1e16 in the activation, all the digits of a double.
constexpr int highest_power = 16;

/// x^Power by multiplication; Power = -1 reads the exponent at run time.
template <int Power>
Real integer_power(Real x, [[maybe_unused]] int exponent) {
  if constexpr (Power >= 0) {
    Real result(1);
    for (int k = 0; k < Power; ++k) result *= x;
    return result;
  } else {
    Real result(1);
    for (int k = 0; k < exponent; ++k) result *= x;
    return result;
  }
}

/// Factor of the side of the kink on which s lies: max(s, alpha s) = side(s) s. NaN passes on through the
/// product.
Real side(Real s, Real slope) { return s > Real(0) ? Real(1) : slope; }

/// With t = side(s) s: sigma = t^p, sigma' = p t^(p-1) side, sigma'' = p (p-1) t^(p-2) side^2. Both factors
/// of each product are computed on either side, so that the loops over samples vectorise without branches.
template <int Power>
struct Derivatives {
  Real slope;
  int power;

  Real value(Real s) const { return integer_power<Power>(side(s, slope) * s, power); }
  Real first(Real s) const {
    const Real factor = side(s, slope);
    if constexpr (Power == 1) return factor;
    return Real(power) * factor * integer_power<lowered(1)>(factor * s, power - 1);
  }
  Real second(Real s) const {
    if constexpr (Power == 1) return Real(0);
    const Real factor = side(s, slope);
    return Real(power * (power - 1)) * (factor * factor) * integer_power<lowered(2)>(factor * s, power - 2);
  }

 private:
  static constexpr int lowered(int by) { return Power < 0 ? -1 : (Power > by ? Power - by : 0); }
};

/// Calls f with the specialisation for the power; the general one serves the powers that nobody runs at
/// length.
template <class Function>
auto with_power(Real slope, int power, Function f) {
  switch (power) {
    case 1:
      return f(Derivatives<1>{slope, power});
    case 2:
      return f(Derivatives<2>{slope, power});
    case 3:
      return f(Derivatives<3>{slope, power});
    default:
      return f(Derivatives<-1>{slope, power});
  }
}

template <class Function>
void each(const Real* from, Index count, Real* to, Function f) {
  for (Index k = 0; k < count; ++k) to[k] = f(from[k]);
}

void fit(const Matrix& s, Matrix& out) {
  if (out.rows() != s.rows() || out.cols() != s.cols()) out.resize(s.rows(), s.cols());
}

}  // namespace

Activation::Activation(Real slope, int power) : slope_(slope), power_(power) {
  if (!(slope >= Real(-1) && slope <= Real(1)))
    throw InputError(fmt::format("activation slope: found {}, expected a number from -1 to 1", slope));
  if (power < 1 || power > highest_power)
    throw InputError(
        fmt::format("activation power: found {}, expected an integer from 1 to {}", power, highest_power));
}

Real Activation::value(Real s) const {
  return with_power(slope_, power_, [s](auto sigma) { return sigma.value(s); });
}

Real Activation::derivative(Real s) const {
  return with_power(slope_, power_, [s](auto sigma) { return sigma.first(s); });
}

Real Activation::second_derivative(Real s) const {
  return with_power(slope_, power_, [s](auto sigma) { return sigma.second(s); });
}

void Activation::value(const Real* s, Index count, Real* out) const {
  with_power(slope_, power_,
             [&](auto sigma) { each(s, count, out, [sigma](Real x) { return sigma.value(x); }); });
}

void Activation::derivative(const Real* s, Index count, Real* out) const {
  with_power(slope_, power_,
             [&](auto sigma) { each(s, count, out, [sigma](Real x) { return sigma.first(x); }); });
}

void Activation::second_derivative(const Real* s, Index count, Real* out) const {
  with_power(slope_, power_,
             [&](auto sigma) { each(s, count, out, [sigma](Real x) { return sigma.second(x); }); });
}

void Activation::value(const Matrix& s, Matrix& out) const {
  fit(s, out);
  value(s.data(), s.size(), out.data());
}

void Activation::derivative(const Matrix& s, Matrix& out) const {
  fit(s, out);
  derivative(s.data(), s.size(), out.data());
}

void Activation::second_derivative(const Matrix& s, Matrix& out) const {
  fit(s, out);
  second_derivative(s.data(), s.size(), out.data());
}

std::string Activation::description() const {
  static constexpr const char* monomial[] = {"linear", "square", "cube"};
  static constexpr const char* rectified[] = {"ReLU", "squared ReLU", "cubed ReLU"};
  const bool even = power_ % 2 == 0;
  if (slope_ == Real(1) || (slope_ == Real(-1) && even))
    return power_ <= 3 ? monomial[power_ - 1] : fmt::format("power {}", power_);
  if (slope_ == Real(0))
    return power_ <= 3 ? rectified[power_ - 1] : fmt::format("ReLU to the power {}", power_);
  const std::string base =
      slope_ == Real(-1) ? "absolute value" : fmt::format("leaky ReLU (slope {:.6g})", slope_);
  return power_ == 1 ? base : fmt::format("{} to the power {}", base, power_);
}

Smoothness smoothness_of(const Activation& activation) {
  if (activation.is_polynomial()) return Smoothness::polynomial;
  return activation.is_smooth() ? Smoothness::smooth_gradient : Smoothness::kinked;
}

SignSymmetry sign_symmetry_of(const Activation& activation) {
  if (activation.slope() == Real(-1) || (activation.slope() == Real(1) && activation.power() % 2 == 0))
    return SignSymmetry::incoming;
  return activation.slope() == Real(1) ? SignSymmetry::both : SignSymmetry::none;
}

}  // namespace saddleflow
