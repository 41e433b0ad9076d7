// The NCF of a separable network as a sum over its neurons, each with the same NCF of one neuron.
#pragma once

#include <memory>
#include <vector>

#include "saddleflow/problem/correlation.hpp"

namespace saddleflow {

/// N(u) = sum_k N_1(u_k), where u_k are the weights of neuron k and N_1 is the NCF of the network with one
/// neuron on the same data. What is asked of N is asked of N_1, with n / m weights instead of n (m neurons):
/// a gradient costs a part of m, a Hessian with its decomposition one of m^3. Not thread-safe.
class NeuronSum {
 public:
  /// Whether N is such a sum, of two neurons or more: is_separable(), degree >= 2, and every weight belongs
  /// to one neuron.
  static bool applies_to(const Network& network);

  /// Of a correlation with output scale 0 whose network applies_to() allows. It must outlive this.
  explicit NeuronSum(Correlation& whole);
  ~NeuronSum();
  NeuronSum(const NeuronSum&) = delete;
  NeuronSum& operator=(const NeuronSum&) = delete;

  Correlation& whole() const { return whole_; }
  /// N_1.
  Correlation& neuron() const { return *neuron_; }
  /// m.
  Index count() const { return static_cast<Index>(parameters_.size()); }
  /// Which weights are neuron k's, incoming ones first.
  const std::vector<Index>& parameters(Index k) const { return parameters_[static_cast<std::size_t>(k)]; }
  /// What N_1 has been asked for since the last call of this. Where this is not called, the end of this adds
  /// it to the counters of the whole, see in_whole_networks().
  WorkCounters take_work();
  /// u_k.
  Vector part(const Vector& u, Index k) const { return u(parameters(k)); }

 private:
  Correlation& whole_;
  std::unique_ptr<Correlation> neuron_;
  std::vector<std::vector<Index>> parameters_;
};

/// What evaluations of N_1 cost, in those of N: a part of m, rounded up.
WorkCounters in_whole_networks(const WorkCounters& of_neuron, Index count);

}  // namespace saddleflow
