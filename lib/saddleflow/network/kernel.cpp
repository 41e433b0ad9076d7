#include "saddleflow/network/kernel.hpp"

#include "saddleflow/base/error.hpp"
#include "saddleflow/network/feed_forward_state.hpp"
#include "saddleflow/network/symmetric.hpp"

namespace saddleflow {

void Kernel::hessian(const Matrix& r, const OutputCurvature& c, Matrix& out) {
  Vector gradient, column;
  Matrix residual_tangent;
  backward(r, gradient);
  const Index n = gradient.size();
  out.resize(n, n);
  for (Index j = 0; j < n; ++j) {
    multiply(c, tangent(Vector::Unit(n, j)), residual_tangent);
    tangent_backward(residual_tangent, column);
    out.col(j) = column;
  }
  mirror_upper(out);  // exactly symmetric, as rounding leaves it not
}

void Kernel::set_pattern(const ActivationPattern* pattern) {
  if (pattern != nullptr)
    throw InputError("activation pattern: found one for a network that is not of the kind feed_forward");
}

void check_pattern(const ActivationPattern& pattern, const FeedForwardState& state) {
  bool fits = pattern.factors.size() == state.hidden.size();
  for (std::size_t l = 0; fits && l < pattern.factors.size(); ++l)
    fits = pattern.factors[l].rows() == state.hidden[l].z.rows() &&
           pattern.factors[l].cols() == state.hidden[l].z.cols();
  if (!fits) throw InputError("activation pattern: found other shapes than those of the hidden layers");
}

}  // namespace saddleflow
