// Kinks of a higher derivative (power 2 and more) inside a step: where one matters the step ends on it.
//
// Where a pre-activation z of a unit passes zero the field f stays continuous, and its derivative of order
// p - 1 jumps. With D the distance, at the far end of the step, of f from where the old branch of the
// activation would have led it, a step of any method errs at most theta h D (theta: the place of the kink in
// the step of length h); its error estimate is blind to most of that, a twelfth of it is the most that
// dopri5's sees. D is known in closed form,
//
//   D = |dL/da| |sigma'(z) - sigma'_old(z)| |grad z|,
//
// so that the error is bounded weight by weight and measured in the norm of the step. Where the bound is too
// large the step ends on the kink; where not, the kink has cost nothing but a comparison of signs. A step
// that was rejected is cut there, too, if its kinks explain the error: a shorter one would meet them again.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "saddleflow/base/product.hpp"
#include "saddleflow/flow/kink_chart.hpp"
#include "saddleflow/network/kink.hpp"
#include "saddleflow/ode/stepper/step_check.hpp"

namespace saddleflow {

class KinkCheck final : public StepCheck {
 public:
  struct Options {
    /// Of the bound, in units of the error that a step may have. At their worst places steps of dopri5 err a
    /// seventh of it, of dop853 a third, of rodas5p all; on the average a tenth of that. 25 leaves the path
    /// error of small networks below 20 rtol (100 are allowed), at no cost where kinks are many.
    Real tolerance = 25;
  };
  KinkCheck(std::unique_ptr<KinkChart> chart, const Options& options);
  /// Whether a higher derivative of the activation jumps, and only such a one.
  static bool applies_to(const Network& network);

  std::optional<Real> shorter(const Step& step, const Norm& norm) override;

 private:
  /// One end of a step.
  struct End {
    Vector x;
    Real log_scale = 0;
    /// Pre-activations and their rates, a hidden layer each; empty where the kernel does not keep its own.
    std::vector<Matrix> z, dz;
    Vector w, velocity;
    std::vector<Vector> speed;  ///< of each row of weights, a hidden layer each
  };
  /// A unit that is beyond its kink at the end of the step, or was in between.
  struct Passed {
    Kink kink;
    Real at = 0;      ///< first time on the kink, as a part of the step
    Real change = 0;  ///< theta h |dL/da| |sigma' - sigma'_old|
  };

  /// Of a layer for some samples, and of one unit: pre-activations and their rates at both ends.
  struct Ends {
    MatrixRef z0, dz0, z1, dz1;
  };
  struct UnitEnds {
    Real z0, dz0, z1, dz1;
  };

  const FeedForwardState& look(const Vector& x, Counting counting, End& end);
  void differentiate(const FeedForwardState& state, End& end) const;
  void find_passed(const FeedForwardState& state, Real h);
  void find_passed_by_blocks(const FeedForwardState& state, Real h, Real growth);
  /// `ends`: of the samples from `first` on.
  void look_at_units(const FeedForwardState& state, int layer, Index first, const Ends& ends, Real h,
                     Real growth);
  /// Of a unit that passes, or may have passed and come back.
  void look_at_unit(const FeedForwardState& state, const Kink& kink, const UnitEnds& ends, Real h,
                    Real growth);
  /// dL/da of a unit, up to its sign.
  Real back_of(const FeedForwardState& state, const Kink& kink) const;
  Real jump(Real z) const;
  bool follows_rates(const Kink& kink, Real h) const;
  /// What a pre-activation is a sum of, in absolute value.
  Real size_of_terms(const FeedForwardState& state, const Kink& kink) const;
  void add(const FeedForwardState& state, const Passed& passed);
  Real size_of_sum(const Norm& norm);
  Real rough_size(const FeedForwardState& state, const Passed& passed) const;
  void keep_largest(const FeedForwardState& state);
  Real place_of_cut(const FeedForwardState& state, const Norm& norm);

  std::unique_ptr<KinkChart> chart_;
  Options options_;
  int power_;
  Real kink_factor_;  ///< p |1 - alpha^p|
  End start_, end_;
  std::vector<Passed> passed_;
  Vector squares_, rates_, normal_;
  Matrix z0_, dz0_, z1_, dz1_;  ///< of a block of samples
};

}  // namespace saddleflow
