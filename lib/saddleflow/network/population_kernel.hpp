// Evaluation of a population: every mean over the inputs by the kernels of the angles between neurons.
#pragma once

#include "saddleflow/network/gaussian_kernel.hpp"
#include "saddleflow/network/kernel.hpp"
#include "saddleflow/network/layout.hpp"
#include "saddleflow/network/population.hpp"

namespace saddleflow {

/// See population_network(). With m neurons, n columns of the target and d (or r) weights into a neuron a
/// gradient costs O(m (m + n) d) and as many kernels as there are pairs, a product with the Hessian as much,
/// the Hessian O(m (m + n) d^2). No sample is drawn: nothing depends on a number of them.
class PopulationKernel final : public Kernel {
 public:
  /// `inputs`: d x (columns + 1), the last one not read.
  PopulationKernel(const PopulationShape& shape, const Layout& layout, const Matrix& inputs);

  const Matrix& forward(const Vector& w) override;
  void backward(const Matrix& r, Vector& out) override;
  const Matrix& tangent(const Vector& v) override;
  void tangent_backward(const Matrix& dr, Vector& out) override;
  void hessian(const Matrix& r, const OutputCurvature& c, Matrix& out) override;

 private:
  // f and target alike are sums over "partners" of a neuron: the columns of the target, then the neurons. The
  // function F = sum_{o,j} r_{oj} H_o(j) + (1/2) sum_o rho_o E[f_o^2] has the coefficients C (k x (n + m)) of
  // partners: r (k x n) and rho_o A_{oi}. Its derivatives follow from C, from beta = A^T C (m x (n + m)) and
  // from those of k(w_i, v_t) = |w_i|^p |v_t|^q k(cos theta).
  struct Coefficients {
    Matrix of_partners;  // C
    Matrix beta;
    Vector rho;
  };

  void place_neurons();
  void make_terms();
  void set_coefficients(const Matrix& r, const Vector& rho, Coefficients& c) const;
  /// out = grad F.
  void gradient(const Coefficients& c, Vector& out) const;
  /// out (m x d) += the part of w in grad F with this beta.
  void add_incoming(const Matrix& beta, Matrix& out) const;
  /// out = Hess F v, with the products of the last project().
  void multiply(const Coefficients& c, const Vector& v, Vector& out) const;
  void add_curvature(const Coefficients& c, const Matrix& x, Matrix& out) const;
  /// Products of the directions with the incoming weights x (m x d) of a tangent.
  void project(const Vector& v);
  /// d k(w_i, v_t) along x, over |v_t|^q.
  Real change(Index i, Index t) const;
  void add_neuron_block(const Coefficients& c, Index i, Matrix& out) const;
  void add_pair_block(const Coefficients& c, Index i, Index l, Matrix& out) const;
  void add_outer_blocks(const Coefficients& c, Matrix& out) const;
  void add_outputs_curvature(const Vector& rho, const OutputCurvature& c, Matrix& out);
  /// rho_o: the derivative by the norm over the norm.
  Vector ratios(const Matrix& r) const;
  Real norm(Index output) const { return outputs_(output, columns_); }
  bool is_zero_function(Index output) const { return !(norm(output) > 0); }
  /// The columns of `all` that are neither of the basis nor of the norms, and back (others as they are).
  Matrix of_targets(const Matrix& all) const;
  void put_targets(const Matrix& targets, Matrix& all) const;

  Index d_, m_, k_, n_;                 // n: columns but those of the basis and of the norms
  Index teachers_, skipped_, columns_;  // skipped: those of the basis, after the teachers
  Activation activation_;
  int p_;
  Layout layout_;
  GaussianKernel own_, of_teacher_;

  Matrix units_;                                           // d x (n + m): directions of all partners
  Vector sizes_;                                           // |v_t|^q
  Vector slopes_, bends_;                                  // |w_i|^{p-1}, |w_i|^{p-2}
  Matrix outer_;                                           // A, k x m
  Matrix value_, first_, radial_, cross_, cosine_, sine_;  // of neuron and partner, m x (n + m)
  Matrix outputs_, tangent_, r_;
  Vector norm_changes_;  // of the tangent, k
  Coefficients last_;    // of the last backward()
  Matrix along_;         // v_t . x_i, m x (n + m)
  Vector own_along_;     // u_i . x_i
  Vector tangent_weights_;
};

}  // namespace saddleflow
