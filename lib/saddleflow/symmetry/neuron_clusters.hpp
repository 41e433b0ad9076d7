// Clusters of the neurons of a layer that act as one: how near a layer is to one with fewer neurons.
#pragma once

#include "saddleflow/base/real.hpp"
#include "saddleflow/network/traits.hpp"

namespace saddleflow {

/// The neurons of one hidden layer, and when several of them act as one.
struct ClusterProblem {
  Matrix neurons;      ///< a neuron a column, its incoming weights before its outgoing ones
  Index incoming = 0;  ///< how many of the entries are incoming weights
  bool rays = false;   ///< multiples c >= 0 of one vector act as one; else equal vectors alone
  SignSymmetry sign = SignSymmetry::none;  ///< up to which signs
  Vector zero_costs;  ///< squared distance of each neuron to one that adds nothing; infinite: there is none

  Index size() const { return neurons.cols(); }
};

/// Neurons up to which cluster_costs() goes through all clusterings: 63 sets of 6 neurons, 40 of 4 with
/// signs, take up to a third of a millisecond; each further neuron takes twice to three times as long.
constexpr Index exact_clusters(SignSymmetry sign) { return sign == SignSymmetry::none ? 6 : 4; }

/// Entry h, h = 0 .. size(): the least sum of squares by which the neurons have to be moved so that at most h
/// clusters are left, each of neurons that act as one, besides neurons that add nothing. Exact up to
/// exact_clusters() neurons, else merged_cluster_costs(). Infinite where there is no such place (h = 0
/// without neurons that add nothing). The neurons must be finite, of a size whose squares are.
Vector cluster_costs(const ClusterProblem& problem);

/// By all subsets: the best clusters of a set are a first one, with its first neuron, and the best of the
/// rest. 2^H fits and H 3^H sums for H neurons.
Vector exact_cluster_costs(const ClusterProblem& problem);

/// Upper bounds, each the cost of a clustering that is found: neurons are merged pair by pair where that
/// costs least, or put to zero (Ward, J. Am. Stat. Assoc. 58 (1963) 236-244; for rays with the 2 x 2 matrix
/// of two weighted rays). With few clusters left, neurons then go to the nearest one until none moves (Lloyd,
/// IEEE Trans. Inf. Theory 28 (1982) 129-137). About H^2 d operations, d the weights of a neuron, and H^2
/// numbers of memory. The test `neuron_clusters_test` says how far they are above the exact ones.
Vector merged_cluster_costs(const ClusterProblem& problem);

}  // namespace saddleflow
