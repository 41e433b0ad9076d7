// The arbiter: gradient descent with a tiny step on a small network with kinks. Plain arrays and loops that
// share no code with the library. As the step goes to 0 it tends to the gradient flow whatever happens at the
// kinks.
#pragma once

#include <cstdint>
#include <vector>

namespace saddleflow::test {

/// Patches of a sequence: `kernel` positions from 0, stride, 2 stride, ... on; entry w + positions c of a
/// sample is channel c of position w, entry w + kernel c of a patch likewise.
struct PlainPatches {
  int kernel = 0;  ///< 0: no convolution
  int stride = 1, channels = 1;
  bool average = false;  ///< of the activations over the patches; else an outer weight for each
};

/// Outputs W_m sigma(... sigma(W_1 x)), sigma(s) = max(s, slope s). At most four matrices, six units a layer,
/// 32 samples. Losses as in the library: half the square, or 2 ln(1 + e^{-y H}), over outputs and samples.
/// With patches the convolution of one hidden layer, see descend_convolution().
struct PlainProblem {
  std::vector<int> widths;  ///< inputs, hidden layers, outputs
  PlainPatches patches;
  double slope = 0;
  bool logistic = false;
  bool mean = false;          ///< divide by the number of samples
  double decay = 0;           ///< (decay / 2) |w|^2 is added to the loss; not of convolutions
  std::vector<double> rates;  ///< of each matrix; empty: all 1. Not of convolutions
  /// With one hidden layer: factor on the rates of all weights of each hidden unit; empty: all 1.
  std::vector<double> neuron_rates;
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

struct ArbiterOptions {
  double wanted = 3e-5;      ///< refine until the error is below
  double first_step = 4e-4;  ///< of the coarsest descent, at most
  std::int64_t least_steps = 10000;
  double most_work = 2e9;  ///< of one descent, in products: steps x samples x weights
};

/// Descents with a step that is halved again and again, and with another sigma'(0) each time, until three in
/// a row agree: as they are, or extrapolated to step 0 (their errors are of first order, but irregular in the
/// step where there are kinks).
class Arbiter {
 public:
  explicit Arbiter(const PlainProblem& problem, const ArbiterOptions& options = {});

  /// Once more with half the step, whatever it costs.
  void refine();
  /// The ends of more descents, with steps up to three times the finest and in no simple ratio to it: where
  /// the flow branches some of them end elsewhere.
  std::vector<std::vector<double>> more_ends() const;

  const std::vector<double>& weights() const { return weights_; }  ///< at t_end
  double error() const { return error_; }        ///< of them, relative, by their own estimate
  std::int64_t steps() const { return steps_; }  ///< of the finest descent

 private:
  void descend_once();
  void estimate();

  const PlainProblem& problem_;
  std::vector<double> last_[3], weights_;  // the finest in front
  double error_ = 0;
  std::int64_t steps_ = 0;
  int descents_ = 0;
};

}  // namespace saddleflow::test
