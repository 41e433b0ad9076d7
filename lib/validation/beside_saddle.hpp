// The flow from a point beside a saddle with zero neurons (P4; THEORY.md, section 4).
#pragma once

#include <string>
#include <vector>

#include "saddleflow/saddle/critical_point.hpp"
#include "validation/problem.hpp"

namespace saddleflow::claims {

/// A saddle of the study: the end of the limit path of a start with one neuron in every hidden layer, which
/// is a saddle of the wider network. For networks with kinks it is the first critical point of the flow from
/// 1e-6 along the KKT point, the other neurons exactly zero.
inline constexpr Real kSaddleOverLeaving = 5;

struct ZeroNeuronSaddle {
  CriticalPoint point;
  std::vector<Index> parameters;  ///< of the zero neurons
  // The KKT point of the highest N: of the neurons of this entry of point.ncfs, its (a, b).
  std::size_t ncf = 0;
  KktEntry best;
  std::uint64_t seed = 0;  ///< of the start that leads there
  std::string problem;     ///< none was found

  int power() const { return point.ncfs[ncf].degree() - 1; }
  /// A neuron leaves when its weights have this norm: large beside delta, small beside the saddle's, a fifth.
  Real leaving_norm() const { return point.point().norm() / kSaddleOverLeaving; }
  /// Unit vectors of the zero neurons' weights: one neuron along the best KKT point; uniformly random.
  Vector aligned(const Network& network) const;
  Vector random(const Network& network, std::uint64_t seed) const;
};

/// From starts with seeds `seed`, `seed` + 1, ... until one leads to a saddle that neurons leave.
ZeroNeuronSaddle find_saddle(Problem& problem, std::uint64_t seed);

/// ln(1/delta) / (2N) for p = 1, delta^{1-p} / ((p+1)(p-1)N) else [derived]: until one aligned neuron is
/// large.
Real aligned_departure_time(int power, Real value, Real delta);

/// What the NCF flow of each neuron says of saddle + z, for every size of z.
class Prediction {
 public:
  Prediction(const Network& network, const ZeroNeuronSaddle& saddle, const Vector& z);

  /// The neuron that leaves saddle + delta z first, -1: none does; and when: until its norm is 1 (p = 1) or
  /// infinite (p >= 2).
  Index neuron(Real delta) const;
  Real time(Real delta) const;
  /// Those that are large when it has left, ascending: for p >= 2 it alone; for p = 1 all that grow as fast:
  /// the ratios of their norms do not depend on delta.
  std::vector<Index> activated(Real delta) const;
  /// p = 1: the largest norm of the others when the first one's is 1, ~ delta^{1 - N_k/N} [derived].
  Real company(Real delta) const;
  /// Sine between small weights and the KKT point that they should go to. For p = 1 every neuron has its own;
  /// for p >= 2 that of the neuron that leaves first, all others being zero beside it.
  Real misdirection(const Vector& w) const;
  /// min(1, Delta/((p+1) N)) / 2 of the first neuron's KKT point: the power of delta with which that sine
  /// falls where the small weights have a norm ~ sqrt(delta) [derived]; NaN where Delta is not known, on a
  /// kink.
  Real direction_power() const;

 private:
  Real time_of(const Departure& departure, Real delta) const;
  const Departure* first(Real delta) const;

  const Network& network_;
  const ZeroNeuronSaddle& saddle_;
  std::vector<Departure> departures_;  ///< from saddle + z
};

/// The flow from saddle + delta z until a zero neuron has the leaving norm; what was not reached is NaN.
struct Departing {
  Real time = 0;
  Index neuron = -1;  ///< which that is, in Network::neurons(); -1: none within the steps allowed
  /// Prediction::misdirection() when the norm of the small weights is sqrt(delta * leaving norm): for p = 1
  /// at half the time. (For p >= 2 a fixed part of the time is a fixed time of the NCF flow, which leaves a
  /// fixed angle.)
  Real misdirection = 0;
  Real drift = 0;  ///< of the kept weights when the small ones have the norm 10 delta; NaN within rounding
  Vector left_at;  ///< the weights in the end
};
Departing depart(Problem& problem, const ZeroNeuronSaddle& saddle, const Prediction& prediction,
                 const Vector& z, Real delta);

}  // namespace saddleflow::claims
