// The closed forms as problems to integrate: what the table of path errors runs over.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "saddleflow/base/real.hpp"
#include "saddleflow/network/network.hpp"
#include "saddleflow/problem/dataset.hpp"
#include "saddleflow/problem/loss.hpp"

namespace saddleflow::reference {

/// A gradient flow on [0, t_end] with a known solution.
struct ReferenceCase {
  std::string name;
  std::shared_ptr<const Network> network;
  Dataset data;
  Loss loss;
  Vector w0;
  Real t_end = 0;
  /// What is known exactly at time t: the weights themselves or, for V3, all entries of QQ^T.
  std::function<Vector(Real t)> exact;
  /// The same quantity of computed weights.
  std::function<Vector(const Vector& w)> observable;

  /// |observable(w) - exact(t)| / |exact(t)|, Euclidean norms.
  Real error(Real t, const Vector& w) const;
};

/// V1 balanced and unbalanced, V2 with 3 and 4 factors, V3 (origin and rank-one saddle from |w0| = 1e-3), V4
/// past its saddle, V5, V6, V7. Implicit forms are inverted to the last bits, so `exact` is good to about 1e3
/// roundings.
std::vector<ReferenceCase> reference_cases();
/// V1 to V4 from starts so small that most of the time is spent near the origin.
std::vector<ReferenceCase> small_start_cases();

}  // namespace saddleflow::reference
