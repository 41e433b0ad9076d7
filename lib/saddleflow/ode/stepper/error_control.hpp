// Scale-invariant error norm: a constant absolute tolerance silently ruins small initialisations.
#pragma once

#include <vector>

#include "saddleflow/base/real.hpp"

namespace saddleflow {

/// Groups of components that share one size (see ParameterGroups of a network, whose first fields these are);
/// empty `first`: one group of all leading components.
struct ErrorGroups {
  std::vector<int> first;
  std::vector<int> second;  ///< a second group of each component or -1; may be empty
  int count = 0;
  /// Component i stands for x_i exp(logarithm of this number): the members of a second group are then
  /// compared by these products, those of a first group have the same number. Empty: none.
  std::vector<int> logarithm;
};

/// The tolerance where nobody asks for another: by judgement, as times and weights of a path are known to
/// four digits and more then, and what a flow comes to is refined anyway.
inline constexpr Real kUsualTolerance = Real(1e-8);

/// Whether what the slopes of a system are rounded to counts as error of a step.
enum class SlopeRounding {
  forgiven,  ///< it is no error: states that rest for long, as on plateaus of a loss, cost no steps for it
  counted    ///< it is, as in any general-purpose code: nothing is added to the tolerances
};

/// Weighted RMS norm of a local error. Component i of the leading ones is measured against
///   rtol * ( |x_i| + theta * min(rms(first group), rms(second group)) ) + rtol * floor * rms(x),
/// |x_i| and the rms taken as the larger of both ends of the step; trailing (quadrature) components against
/// rtol * max(quadrature_scale, |x_i|); logarithms, the last of the leading ones, against rtol, absolutely.
/// The norm is the largest of the RMS over each first group (the error of one neuron is not diluted by the
/// others, whatever the width) and of the trailing components: a step is accepted when it is <= 1.
/// Multiplying x and error by any c > 0 leaves it unchanged (quadratures aside).
class ErrorControl {
 public:
  struct Options {
    Real rtol = kUsualTolerance;
    /// A weight that passes through zero is known to a tenth of its neuron's tolerance.
    Real theta = Real(0.1);
    /// Far below any start that is asked for: an inactive neuron of 1e-100 is known as well as the others.
    Real floor = Real(1e-280);
    /// kappa > 0: besides, the error of a step must not exceed kappa times the way it went, up to rounding,
    /// that of the slopes included, and 1e-5 rtol |x|.
    /// Where the state creeps towards a critical point it would otherwise be noise in what is left of the
    /// way, and with it the time at which the flow comes closest, leaves, or is steady.
    Real displacement = 0;
    Real rounding = 10;  ///< that of a step, in units of epsilon |x|: a handful of stages
    Real atol = 0;       ///< added to every scale; 0 for gradient flow
    SlopeRounding slope_rounding = SlopeRounding::forgiven;
    Real quadrature_scale = 1;
    Index quadratures = 0;
    Index logarithms =
        0;  ///< the last of the components before the quadratures: their errors are relative ones
  };
  /// What users of general-purpose codes mean by two tolerances: component i is measured against exactly
  /// atol + rtol |x_i|, and nothing else.
  static Options by_component(Real rtol, Real atol);

  explicit ErrorControl(Options options, ErrorGroups groups = {});
  const Options& options() const { return options_; }
  /// Weighted norm of `error` between x0 and x1; +infinity when any entry of error or x1 is not finite.
  /// What the slopes are rounded to is no error of the step, nor grows less with shorter steps: it is added
  /// to every scale, as h ||H|| = `stiffness` times epsilon the size of each component, and as `rounding`, h
  /// times that of each slope (null: not known).
  Real norm(const Vector& error, const Vector& x0, const Vector& x1, Real stiffness = 0,
            const Vector* rounding = nullptr) const;
  /// |x_i| + theta * (size of its groups) of every component; that of a logarithm is at least 1, as its error
  /// is relative, that of a quadrature 0: nothing depends on it.
  void sizes(const Vector& x, Vector& out) const;
  /// Gives every component its size times the RMS of |y_i| / size over its first group: what one sample says
  /// of rounding is little for one component and enough for a group.
  void even_out(const Vector& x, Vector& y) const;

 private:
  void check_groups() const;
  void measure_groups(const Vector& x0, const Vector& x1, Index n, Real unit) const;
  void measure_products(const Vector& x, Index n, Index end) const;
  Real second_size(Index i, int group) const;
  Real group_size(Index i) const;
  Index error_group(Index i) const;
  Real against_displacement(const Vector& error, const Vector& x0, const Vector& x1, Index n, Real stiffness,
                            const Vector* rounding) const;
  Index leading(const Vector& x) const;
  bool measure(const Vector& x0, const Vector& x1) const;

  Options options_;
  ErrorGroups groups_;
  mutable Vector sums_, counts_;
  mutable Vector errors_, members_;  // squared ratios and members of each first group
  // At both ends, where components stand for products: the logarithm of each, the largest of each second
  // group, and the rms of its products in units of that one.
  mutable Matrix logs_, reach_, product_rms_;
};

}  // namespace saddleflow
