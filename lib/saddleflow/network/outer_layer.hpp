// How the activations of the last hidden layer become the outputs.
#pragma once

#include <memory>
#include <string>

#include "saddleflow/base/real.hpp"
#include "saddleflow/network/layout.hpp"

namespace saddleflow {

/// The map H = O(V) A from the activations A of the last hidden layer (width x columns) to the outputs
/// (outputs x n), linear in A and in the outer weights V, as far as there are any. Hidden layers do not see
/// samples but columns: a column belongs to one sample, and a sample may have several of them, as many as a
/// convolution has patches. Everything above the last hidden layer that the flow with kinks, its critical
/// points and KKT points need is asked for here (THEORY.md, section 5). `w` are always all weights of the
/// network, of which it takes the outer ones. One is bound to one kernel and as little thread-safe as that.
class OuterLayer {
 public:
  virtual ~OuterLayer() = default;

  /// H of the activations `a`.
  virtual Matrix outputs(const Vector& w, const Matrix& a) const = 0;
  /// <r, dH> for tangents v of the weights and da of the activations: dH = O(dV) A + O(V) dA.
  virtual Real derivative(const Matrix& r, const Vector& w, const Vector& v, const Matrix& a,
                          const Matrix& da) const = 0;
  /// dF/dA of F = <r, H>, width x columns: with r = dL/dH the drives b_k = dL/da_k of kinks.
  virtual Matrix pull_back(const Vector& w, const Matrix& r) const = 0;
  /// dF/dV, to its place in `out` (all parameters); nothing where outer weights are no parameters.
  virtual void gradient(const Matrix& r, const Matrix& a, Vector& out) const = 0;

  /// Bounds of pull_back() for |r| <= size: through the absolute values of the weights.
  virtual Matrix pull_back_size(const Vector& w, const Matrix& size) const = 0;
  /// Of one column; `size` as above.
  virtual Vector pull_back_size(const Vector& w, const Matrix& size, Index column) const = 0;
  /// No column of pull_back() is longer than that of r at its sample times this.
  virtual Real norm(const Vector& w) const = 0;
  /// Bound of the length of gradient() for |r| <= size.
  virtual Real gradient_size(const Matrix& size, const Matrix& a) const = 0;

  /// Whether outer weights are parameters.
  virtual bool has_weights() const = 0;
  /// Length of the outer weights of one neuron; zero where they are no parameters.
  virtual Real outgoing_norm(const Vector& w, Index neuron) const = 0;

  /// Columns of one sample. Columns of patch 0 come first, sample after sample, then those of patch 1.
  virtual Index patch_count() const { return 1; }
  virtual Index sample_of(Index column) const { return column; }
  virtual Index patch_of(Index /*column*/) const { return 0; }
};

/// "sample 3", or "patch 1 of sample 3" where there are several.
std::string place_text(const OuterLayer& outer, Index sample, Index patch);

/// The last layer of the layout is the matrix V: H = V A, a column a sample.
std::shared_ptr<const OuterLayer> dense_outer_layer(const Layout& layout);
/// The sum over so many neurons: H = 1^T A, one output, a column a sample.
std::shared_ptr<const OuterLayer> summing_outer_layer(Index neurons);

}  // namespace saddleflow
