// Direct assembly of the Hessian of a feed-forward network.
#pragma once

#include <vector>

#include "saddleflow/network/activation.hpp"
#include "saddleflow/network/feed_forward_state.hpp"
#include "saddleflow/network/layout.hpp"
#include "saddleflow/network/output_curvature.hpp"

namespace saddleflow {

/// Per sample let M_{ll'} be the second derivative of F with respect to additive shifts of the
/// pre-activations z_l and z_l' (curvature C of the outputs included), and T_{q,l} = dA_q / dz_l. Then, for l
/// <= l' and summed over samples,
///
///   Hess[(l,a,b), (l',c,d)] = A_{l-1}[b] ( M_{ll'}[a,c] A_{l'-1}[d] + [l < l'] delta_{l'}[c] T_{l'-1,l}[a,d]
///   ),
///
/// which for fixed c is one product of a (a,d) x samples matrix of coefficients with A_{l-1}^T. The pieces
/// follow from the output down, D_l = diag(sigma'(z_l)):
///
///   M_mm = C,  M_{ll'} = D_l W_{l+1}^T M_{l+1,l'},  T_{l,l} = D_l,  T_{q,l} = T_{q,l+1} W_{l+1} D_l,
///   M_ll = M_{l,l+1} W_{l+1} D_l + diag(sigma''(z_l) o W_{l+1}^T delta_{l+1}).
///
/// With one hidden layer and one output the curvature's part is J^T C J, one product; C = 0 does for the
/// rest. A dense C costs what the dense M of a hidden layer does: the products over the samples are as many
/// as with a diagonal one.
///
/// Samples go through in batches, which bounds the workspace; inside, the sample is the fastest index, so
/// that every element-wise operation runs over a whole batch. Pieces known to vanish (C = 0: M_mm and, beside
/// the diagonal, M_{m-1,m-1}; sigma'' = 0) are left out. Derived in this project; checked against dual
/// numbers.
class FeedForwardHessian {
 public:
  FeedForwardHessian(const Layout& layout, Activation activation, Index samples);

  /// out (parameters x parameters, made so) = Hess F_r + sum_i J_i^T C_i J_i at the state's weights; the
  /// state holds activations, slopes and curvatures. Exactly symmetric. The workspace of dense blocks is made
  /// by the first call that has some.
  void assemble(const FeedForwardState& state, const Matrix& r, const OutputCurvature& c, Matrix& out);

 private:
  enum class Form { zero, diagonal, dense };

  /// Of one weight matrix l (rows n_l); every matrix has batch_ rows.
  struct Level {
    Matrix input;                    // A_{l-1}
    Matrix slope, curvature, delta;  // of hidden layer l (delta: of any)
    Form form = Form::zero;          // of M_ll
    Matrix diagonal;                 // of M_ll when it is diagonal; sigma'' o W^T delta in any case
    std::vector<Matrix> m;           // M_{l,l+k}: column a + n_l c
    std::vector<Matrix> t;           // T_{l+k,l}, k >= 1: column a + n_l d; t[0] is not used
  };

  int depth() const { return layout_.layer_count(); }
  bool has_single_output_form() const { return depth() == 2 && layout_.layer(1).rows == 1; }
  Level& level(int l) { return levels_[static_cast<std::size_t>(l)]; }
  Matrix& m(int l, int other) { return level(l).m[static_cast<std::size_t>(other - l)]; }
  Matrix& t(int q, int l) { return level(l).t[static_cast<std::size_t>(q - l)]; }

  void load(const FeedForwardState& state, const Matrix& r, const OutputCurvature& c, Index first);
  void load_dense(const OutputCurvature& c, Index first);
  void add_single_output_curvature(const Vector& w, Matrix& out);
  void propagate(const Vector& w, int l);
  void propagate_diagonal(const Vector& w, int l);
  void pull_back(const Matrix& from, const Vector& w, int l, Matrix& to);
  void add_block(int l, int other, Matrix& out);
  void add_rows(int l, int other, Index c, Index first, Index last, Matrix& out);
  void add_single_rows(int l, int other, Index c, Matrix& out);

  Layout layout_;
  bool has_curvature_;
  Index samples_, batch_;
  std::vector<Level> levels_;
  Matrix coefficients_, products_;
  Matrix jacobian_, scaled_;  // batch_ x parameters, of two-layer networks with one output
};

}  // namespace saddleflow
