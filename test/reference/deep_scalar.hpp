// V2: gradient flow of (1/2)(a_1 ... a_m - s)^2 with equal factors, a degenerate origin (THEORY.md, section
// 6).
#pragma once

#include "saddleflow/base/real.hpp"

namespace saddleflow::reference {

/// All m factors equal a, a' = a^{m-1} (s - a^m), 0 < a0 < s^{1/m}; m = 3 or 4 (throws std::invalid_argument
/// otherwise). The solution is implicit: s t = [-a^{2-m}/(m-2) + I(a)] between the end points, I = int a
/// da/(s - a^m),
///   m = 4: I = ln((sqrt s + a^2)/(sqrt s - a^2)) / (4 sqrt s);
///   m = 3: I = [-ln(c-a) + (1/2) ln(a^2 + ac + c^2) - sqrt 3 atan((2a+c)/(sqrt 3 c))] / (3c), c = s^{1/3}.
class DeepScalar {
 public:
  DeepScalar(int factors, Real s, Real a0);
  /// When the factors take the value a.
  Real time(Real a) const;
  /// The value of each factor at time t >= 0.
  Real factor(Real t) const;

 private:
  Real antiderivative(Real a) const;
  int factors_;
  Real s_, a0_, limit_;
};

}  // namespace saddleflow::reference
