// Random piecewise linear functions of every kind that networks make.
#pragma once

#include "saddleflow/base/random.hpp"
#include "saddleflow/piecewise/piecewise_linear.hpp"

namespace saddleflow::test {

struct FunctionKind {
  Index dimension = 2, kinks = 5;
  Index layers = 1;       ///< of kinks: later ones hear all earlier ones
  bool parallel = false;  ///< rows come in pairs, equal or opposite up to rounding
  bool silent = false;    ///< the last kinks have no rows of their own
  Real low = 0;
};

/// f with shift zero; its gradient lies in the span of its rows.
PiecewiseLinear random_function(const FunctionKind& kind, Random& random);
/// f(u), straight from the definition.
Real value(const PiecewiseLinear& f, const Vector& u);
Vector random_vector(Index size, Random& random);

}  // namespace saddleflow::test
