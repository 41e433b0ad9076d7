// Radau IIA of order 7: four implicit stages that collocate, L-stable and stiffly accurate, for gradient
// flows (Hairer & Wanner, Solving Ordinary Differential Equations II, section IV.5; the iteration and the
// error estimate: section IV.8).
//
//   Y_i = y_0 + h sum_j a_ij f(Y_j),  y_1 = Y_4.
//
// The stages are found by a simplified Newton iteration whose matrix is known on the stiff directions only
// (StiffModes): everything else moves so little in a step that the iteration contracts without. So a step
// costs about three rounds of four right-hand sides, whatever its length, and no product and no matrix: a new
// space is sought only where the iteration has become slow. The first round starts from the polynomial of the
// last step, or of the last try of this one. A try whose iteration does not converge is rejected as one with
// an indefinite matrix.
//
// The error estimate is an embedded formula of order 4 with the slope at the start, smoothed by
// (I + h gamma H)^{-1}. It is O(h^5). The local error at the end of a step is O(h^8), that of the dense
// output inside it O(h^6): the estimate is compared with the smaller of 0.1 rtol^{5/8}, as the code RADAU
// does, and 2 rtol^{5/6}, so that both are proportional to rtol.
//
// Dense output: the polynomial of degree 5 with the slopes at the start and at the stages.
//
// Where small neurons grow by themselves (StepperOptions::growth) the stages are those of the system with an
// integrating factor for each of them (IntegratingFactor), as in Rodas5P.
//
// What slopes are rounded to is no error of a step (SlopeRounding::forgiven), as in Rodas5P. What rests is
// known at the start of a step: a state, or a level of sizes of it, whose slopes are all rounding stands
// still. Of other slopes that are rounding beside the stiff modes nothing is left but these modes: h times it
// would carry weights along their zero modes, for as long as inactive neurons let a plateau last, and change
// what is conserved. Either way the equations that are left have the matrix of the iteration. What has a
// slope at a stage after all wakes, and the stages are found anew. Modes are known to rounding themselves: a
// step in which that leaves of the slopes more than the tolerance is not tried.
//
// What the iteration leaves is small beside the weights of a level. A difference of neurons that is far below
// the tolerance, and grows at a saddle where they part, is lost in it: they part too early, and may
// exchange their places. Exact solutions of the stages' equations keep it in proportion, and "auto" takes
// Rodas5P for such neurons (has_alike_groups()).
//
// The system must offer hessian_vector(); do_step() throws InputError if it does not.
#pragma once

#include <memory>
#include <vector>

#include "saddleflow/ode/stepper/integrating_factor.hpp"
#include "saddleflow/ode/stepper/one_step_method.hpp"
#include "saddleflow/ode/stepper/stiff_modes.hpp"

namespace saddleflow {

class Radau7 final : public OneStepMethod {
 public:
  explicit Radau7(const StepperOptions& options);

  std::string_view method() const override { return stepper_name::radau7; }
  std::unique_ptr<Stepper> clone() const override { return std::make_unique<Radau7>(*this); }
  /// e-folds of growth of a step from which on it has integrating factors: with them the stages start from
  /// the slope, and not from the polynomial of the last step.
  static constexpr Real kLeastFolds = Real(0.1);

  /// Of a step with integrating factors the dense output is no polynomial.
  int dense_degree() const override { return factor_.active() ? 0 : 5; }

  /// Right-hand sides and products of the last step, of all its tries: four right-hand sides a round.
  int slopes() const { return slopes_made_; }
  int products() const { return products_; }
  /// Modes in the matrix of its last try.
  int modes() const { return modes_.count(); }
  /// The fastest growth of small neurons at the start of the last step, if that had no integrating factors;
  /// else 0.
  Real unfactored_rate() const { return unfactored_rate_; }
  /// Of the Hessian, as it was found last; 0: not known.
  Real largest_eigenvalue() const { return modes_.largest(); }

 private:
  void begin_step(const System& system) override;
  Real longest_step() const override;
  Trial attempt(const System& system, Real h) override;
  void interpolate(Real t, Vector& x) const override;
  void forget() override;
  void save_method(MemoryWriter& memory) const override;
  void load_method(MemoryReader& memory) override;

  enum class Newton { converged, slow, nonfinite, beyond_digits };
  Index leading() const { return x0_.size() - options_.error.quadratures; }
  void find_modes(const System& system);
  void begin_factor(const System& system);
  void prepare_modes(Real h);
  void leave_factor(Real h);
  void find_slope_rounding(const System& system, Real h);
  void spread_rounding();
  bool is_rest(const System& system, const Vector& slope, Real bound) const;
  bool stand_still(const System& system, Real h);
  void find_resting(const System& system);
  void rest_levels();
  bool is_beyond_digits(const Vector& slope, Real h);
  void silence(const System& system, Vector& slope, const Vector& rates);
  bool wake(const System& system);
  void keep_polynomial(const Vector& slope, Real h);
  Newton solve_stages(const System& system, Real h);
  void predict(Real h);
  void hold();
  void equalise_stages();
  Newton iterate(const System& system, Real h);
  void find_slopes(const System& system, Real h);
  Real change_norm(Real h);
  Real estimate_error(Real h);

  Matrix a_, inverse_;    ///< coefficients and their inverse, 4 x 4
  Vector nodes_, error_;  ///< error_: the embedded formula less the method
  Real gamma_ = 0;
  Matrix dense_weights_;  ///< of theta, theta^2, ... theta^5: a row for each of the five slopes
  Real part_;             ///< of the estimate that counts as one

  StiffModes modes_;
  bool fresh_modes_ = false;  ///< of the start of this step
  bool is_slow_ = false;      ///< the iteration of the last step was
  Real contraction_ = 0;
  int slopes_made_ = 0, products_ = 0;  ///< in this step
  Matrix stages_;                       ///< Y - y_0, a column a stage
  Matrix slopes_;                       ///< f(Y)
  Matrix change_;
  Vector argument_, rate_, error_vector_, size_;
  Vector slope_rounding_;  ///< of the leading components; empty: not known
  mutable IntegratingFactor factor_;
  Real unfactored_rate_ = 0;
  Real growth_rate_ = 0;  ///< the fastest with a factor at the start of the last step; 0: none
  Real likely_ = 0;       ///< where a law blows up: the step that is proposed, shorter as the rate has grown
  Vector start_rate_;     ///< at the start of the step, in the coordinates of the factor
  Vector start_slope_;    ///< that without what rests
  Vector slow_, moving_, integral_rates_;
  enum class Rest : char { none, beside_modes, whole };
  std::vector<Rest> resting_;  ///< of the leading components; empty: nothing rests
  std::vector<char> woken_;    ///< of these: which have a slope, at some stage
  int wakes_ = 0;
  // The polynomial of the last try that was solved, from which the next one starts; of an accepted step its
  // dense output.
  Vector from_, to_, from_slope_;
  Matrix path_;  ///< stages of it
  Real length_ = 0;
};

}  // namespace saddleflow
