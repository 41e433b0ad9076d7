// The arbiter: gradient descent with a tiny step on a small network with kinks. Plain arrays and loops that
// share no code with the library. As the step goes to 0 it tends to the gradient flow whatever happens at the
// kinks.
#pragma once

#include <cstdint>
#include <vector>

namespace saddleflow::test {

/// Outputs W_m sigma(... sigma(W_1 x)), sigma(s) = max(s, slope s). At most four matrices, six units a layer,
/// 32 samples. Losses as in the library: half the square, or 2 ln(1 + e^{-y H}), over outputs and samples.
struct PlainProblem {
  std::vector<int> widths;  ///< inputs, hidden layers, outputs
  double slope = 0;
  bool logistic = false;
  bool mean = false;                                 ///< divide by the number of samples
  std::vector<std::vector<double>> inputs, targets;  ///< one entry a sample
  std::vector<double> start;                         ///< matrix after matrix, column after column
  double t_end = 1;
};

/// What to take for sigma'(0): as the step goes to 0 the choice must not matter.
enum class SlopeAtZero { left, right, middle };

/// The weights after `steps` steps w <- w - (t_end / steps) grad L(w).
std::vector<double> descend(const PlainProblem& problem, std::int64_t steps,
                            SlopeAtZero at_zero = SlopeAtZero::left);

double plain_loss(const PlainProblem& problem, const std::vector<double>& weights);

/// |a - b| / |b|; 1e300 where a is not finite.
double relative_distance(const std::vector<double>& a, const std::vector<double>& b);

struct Arbitration {
  std::vector<double> weights;  ///< at t_end, with the finest step
  double error = 0;             ///< relative: distance from the descent with steps twice as long
  std::int64_t steps = 0;       ///< of the finest descent
};

struct ArbiterOptions {
  double wanted = 3e-5;      ///< refine until the error is below
  double first_step = 4e-4;  ///< at most
  double most_work = 4e9;    ///< of one descent, in products: steps x samples x weights
  std::int64_t least_steps = 10000;
};

/// Pairs of descents, one with steps twice as long and another sigma'(0), refined until they agree as wanted
/// or the work runs out.
Arbitration arbitrate(const PlainProblem& problem, const ArbiterOptions& options = {});

/// The same once more with a step `factor` times smaller.
Arbitration arbitrate_finer(const PlainProblem& problem, const Arbitration& coarse, int factor);

}  // namespace saddleflow::test
