// V6: gradient flow of the logistic loss 2 ln(1 + e^{-ab}) with a = b (THEORY.md, section 6).
#pragma once

#include "saddleflow/base/real.hpp"

namespace saddleflow::reference {

/// q = ab > 0 obeys q' = 4q/(1 + e^q), hence t = (1/4)[ln(q/q0) + Ei(q) - Ei(q0)]; the loss tends to 0 only
/// as q grows without end.
class LogisticProduct {
 public:
  explicit LogisticProduct(Real q0) : q0_(q0) {}
  Real time(Real q) const;
  Real product(Real t) const;

 private:
  Real q0_;
};

}  // namespace saddleflow::reference
