// Means over Gaussian inputs of products of two activations: the arc-cosine kernels and their derivatives
// (THEORY.md, section 7).
#pragma once

#include <array>
#include <cmath>
#include <vector>

#include "saddleflow/base/real.hpp"
#include "saddleflow/network/activation.hpp"

namespace saddleflow {

/// The angle theta in [0, pi] between two vectors, by the sine and cosine of its half: so neither small
/// angles nor those near pi lose digits.
struct HalfAngle {
  Real sine = 0;
  Real cosine = 1;

  /// Between two unit vectors, by |u - v| and |u + v| (Kahan); 0 if both are zero.
  template <class U, class V>
  static HalfAngle between(const U& u, const V& v) {
    const Real minus = (u - v).norm(), plus = (u + v).norm();
    const Real size = std::hypot(minus, plus);  // 2, but for rounding
    return size == 0 ? HalfAngle{} : HalfAngle{minus / size, plus / size};
  }
  Real cos() const { return (cosine - sine) * (cosine + sine); }
  Real sin() const { return 2 * sine * cosine; }
  HalfAngle supplement() const { return {cosine, sine}; }
};

/// E[u_+^a v_+^b] of standard normal u and v with correlation cos(theta), for all a <= `most_first` and b <=
/// `most_second`. With a = b = p that is J_p(theta) / (2 pi) of Cho and Saul (NIPS 2009). Where cos(theta) >=
/// 0 by Gaussian integration by parts, whose terms are all positive; elsewhere by the hypergeometric series
/// of the angle pi - theta, whose terms are positive too. So the relative error is a few roundings at every
/// angle.
class RectifiedMoments {
 public:
  RectifiedMoments(int most_first, int most_second);

  /// One of them.
  Real at(int a, int b, HalfAngle angle) const;

 private:
  // S(omega) = B(a+1, b+1) (2 s)^{a+b+1} F((1+a-b)/2, (1+b-a)/2; (a+b+3)/2; s^2), s = sin(omega / 2).
  struct Series {
    Real factor = 0;
    std::vector<Real> coefficients;  // of s^2, the highest first
    bool of_sine = false;            // (sin omega)^{a+b+1} in place of (2 s)^{a+b+1}
  };
  Real by_parts(int a, int b, HalfAngle angle) const;
  Real by_series(const Series& series, int power, HalfAngle angle) const;
  static Series make_series(int a, int b);

  static constexpr int kMostPower = 16;  // of an Activation
  int rows_;
  std::array<Real, kMostPower + 1> half_moments_;  // E[z_+^k] / sqrt(2 pi)
  std::vector<Series> series_;
};

/// k(c) = E[sigma(u) tau(v)] of standard normal u, v with the correlation c = cos(theta), and its derivatives
/// in the forms that stay bounded. With p the power of sigma:
struct KernelTerms {
  Real value = 0;   ///< k
  Real first = 0;   ///< k' = E[sigma' tau']
  Real radial = 0;  ///< p k - c k' = E[sigma'' tau]
  Real cross = 0;   ///< sin^2(theta) k'' = sin^2(theta) E[sigma'' tau'']; 0 at 0 and pi
};

/// Of two activations max(s, alpha s)^p, of any powers. k'' alone is infinite for p = 1 and parallel vectors,
/// like 1 / sin(theta).
class GaussianKernel {
 public:
  GaussianKernel(const Activation& first, const Activation& second);

  KernelTerms at(HalfAngle angle) const;
  /// E[sigma(z) tau(z)].
  Real of_one() const { return of_one_; }

 private:
  KernelTerms rectified(HalfAngle angle) const;
  KernelTerms polynomial(HalfAngle angle) const;

  int p_, q_;
  Real same_, opposite_;  // of u_+ v_+ and u_+ v_-, with those of the other signs
  bool is_polynomial_;
  RectifiedMoments moments_;
  // Coefficients of c in the moments of s^p and s^q and of their derivatives, for polynomials.
  std::vector<Real> value_, first_, radial_, second_;
  Real of_one_;
};

/// sigma(s) = s_+^p + c (-s)_+^p: c = (-alpha)^p.
Real negative_part(const Activation& activation);
/// E[z_+^k] of a standard normal z.
Real half_moment(int k);

}  // namespace saddleflow
