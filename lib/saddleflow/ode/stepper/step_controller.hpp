// The step-size controller of all methods: proportional-integral, after Gustafsson.
//
// The local error of a method with error order k - 1 falls as h^k. With the weighted norms e_n of this step
// and e_{n-1} of the last accepted one,
//
//   accepted:  h_new = h * clamp( safety * e_n^(-alpha) * e_{n-1}^beta, min_factor, max_factor ),
//              alpha = 0.8 / k, beta = 0.3 / k,
//   rejected:  h_new = h * clamp( safety * e_n^(-1/k), min_factor, 1 ),
//
// the first step after a start or a rejection has no usable history and takes e_n^(-1/k) as well; directly
// after a rejection h does not grow. K. Gustafsson, "Control-theoretic techniques for stepsize selection in
// explicit Runge-Kutta methods", ACM TOMS 17 (1991) 533; Hairer & Wanner, Solving ODEs II, section IV.2.
// Constants: measured on test/ode/stepper/plateau_benchmark.cpp, where 0.7, 0.4 and safety 0.9 have twice the
// rejections.
#pragma once

#include "saddleflow/base/real.hpp"

namespace saddleflow {

class MemoryReader;
class MemoryWriter;

/// Step size from the error norm (1 = just acceptable).
class StepController {
 public:
  struct Options {
    Real safety = Real(0.85);
    Real min_factor = Real(0.2);         ///< that of DOPRI5
    Real max_factor = 6;                 ///< that of DOP853
    Real nonfinite_factor = Real(0.25);  ///< after a stage that was not finite: how far too long is not known
    Real indefinite_factor = Real(0.5);  ///< after a failed Cholesky factorisation, of I + h times what fails
    /// An error far below the tolerance tells of the growth limit, not of the solution: e_{n-1} is not taken
    /// smaller.
    Real smallest_history = Real(1e-1);
  };

  /// `exponent` is k above: 5 for an embedded fourth-order estimate.
  explicit StepController(int exponent) : StepController(exponent, Options()) {}
  StepController(int exponent, Options options) : exponent_(exponent), options_(options) {}

  void reset();
  /// The step after one of length h that was accepted with `error` <= 1.
  Real accepted(Real h, Real error);
  /// The step to try after one of length h was rejected with `error` > 1 (+infinity allowed).
  Real rejected(Real h, Real error);
  /// The step to try after a failed Cholesky factorisation.
  Real indefinite(Real h);

  void save(MemoryWriter& memory) const;
  void load(MemoryReader& memory);

 private:
  int exponent_;
  Options options_;
  Real last_error_ = 0;  ///< of the last accepted step; 0: none
  bool rejected_ = false;
};

}  // namespace saddleflow
