// What every network family has to pass: its kernel against hyper-dual numbers, and identities that need no
// reference. Errors are relative, and infinite where
// something is not finite; the caller prints and bounds them.
#pragma once

#include <functional>

#include "network/fixtures.hpp"
#include "network/slow_network.hpp"

namespace saddleflow::test {

/// A family member and its outputs for one sample x, written out as loops.
struct FamilyMember {
  std::shared_ptr<const Network> network;
  std::function<Numbers(const Numbers& w, const Numbers& x)> outputs;
};

struct FamilyErrors {
  double outputs = 0, gradient = 0, tangent = 0, product = 0, hessian = 0, frozen = 0;
  void print(const std::string& what) const;
  double largest() const;
};

/// Worst errors of the passes for f(w) = sum_{o,i} r H + c H^2 / 2 with random r and c, and (frozen) of the
/// Hessian where c = 0.
void compare_with_hyper_dual(const FamilyMember& member, Index samples, RandomMatrices& random,
                             FamilyErrors& errors);

struct FamilyIdentities {
  Real euler = 0;        ///< <w, grad F> = D F
  Real second = 0;       ///< (Hess F) w = (D-1) grad F, product and matrix
  Real homogeneity = 0;  ///< H(c w) = c^D H(w)
  Real balance = 0;      ///< d/dt balance = 0 along the gradient
  Real asymmetry = 0;    ///< of the Hessian, absolute
  void print(const std::string& what) const;
  Real largest() const;  ///< of the relative ones
};
FamilyIdentities measure_identities(const Network& network, Index samples, RandomMatrices& random);

/// Hess F_r + J^T diag(c) J as assembled against products with unit vectors.
double compare_hessian_with_products(const Network& network, Index samples, RandomMatrices& random);

/// Entries of gradient and product that are not exactly zero although all weights of the last neuron (of v,
/// too) are; `checked` of them.
Index nonzero_of_a_zero_neuron(const Network& network, Index samples, RandomMatrices& random, Index& checked);

}  // namespace saddleflow::test
