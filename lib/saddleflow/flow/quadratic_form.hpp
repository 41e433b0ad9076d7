// A correlation function that is a quadratic form, taken apart into neurons.
#pragma once

#include <vector>

#include "saddleflow/flow/polar_flow.hpp"

namespace saddleflow {

/// N(w) = <w, A w> / 2 of a network of degree 2 whose output is a polynomial: A = Hess N is constant and
/// couples no two neurons. It is decomposed set by set of the weights that it connects, so that exact zeros
/// of w stay exact zeros of e^{A t} w.
///
/// Neurons and the groups of weights of a PolarFlow cut across one another (incoming and outgoing weights are
/// two groups of a neuron, the outgoing ones of all are one where there is one output); what a group has of a
/// neuron is here called a part. Sets that share a group belong to one neuron, unless it is such a common
/// one.
struct QuadraticForm {
  /// Whether a network is of this kind.
  static bool applies_to(const Network& network);
  /// Of the flow's correlation function. One Hessian; leaves the output scale at 0.
  explicit QuadraticForm(PolarFlow& flow);

  /// Weights that A connects: A restricted to them is basis diag(rates) basis^T, with the numbers
  /// [first, first + size) among the rates.
  struct Block {
    std::vector<Index> members;
    Index first = 0;
    Matrix basis;
  };
  std::vector<Block> blocks;
  Vector rates;
  /// Of every parameter its neuron and part, of every part and rate its neuron.
  std::vector<Index> neuron_of, part_of, neuron_of_part, neuron_of_rate;
  Index neurons = 0;
  Vector top;        ///< the largest rate of each neuron
  Real fastest = 0;  ///< the largest |rate|

 private:
  void find_neurons(const PolarFlow& flow, const std::vector<std::vector<Index>>& sets);
  void find_parts(const PolarFlow& flow);
  void decompose(const Matrix& a, const std::vector<Index>& members, Index first);
};

}  // namespace saddleflow
