#include "skeleton/orthogonal.hpp"

#include <cmath>

#include "saddleflow/base/random.hpp"

namespace saddleflow::pursuit_test {

Dataset orthogonal_data() {
  constexpr Index n = 6;
  constexpr double targets[n] = {2, 1.5, 1, -1, -0.8, -0.5};
  Dataset data;
  data.inputs = Random(8).orthonormal_columns(n, n);
  data.targets.resize(1, n);
  for (Index i = 0; i < n; ++i) {
    data.inputs.col(i) *= 1 + Real(0.1) * static_cast<Real>(i);
    data.targets(0, i) = static_cast<Real>(targets[i]);
  }
  return data;
}

OrthogonalSign of_sign(const Dataset& data, Real sign) {
  OrthogonalSign result;
  const auto n = static_cast<Real>(data.targets.cols());
  Real sum = 0;
  for (Index i = 0; i < data.targets.cols(); ++i) {
    const Real y = data.targets(0, i);
    if (sign * y <= 0) continue;
    sum += y * y * data.inputs.col(i).squaredNorm();
    result.residual += y * y / (2 * n);
  }
  result.rate = std::sqrt(sum) / n;
  return result;
}

Vector orthogonal_start(const Network& network, const Dataset& data) {
  Random random(9);
  const Index d = data.inputs.rows(), n = data.inputs.cols(), width = network.layer_sizes()[1];
  Vector w(network.parameter_count());
  for (Index j = 0; j < width; ++j) {
    Vector row = random.unit_vector(d);
    if (j < 2) row = (data.inputs * random.normal_matrix(n, 1).cwiseAbs()).normalized();
    network.layout().matrix(w, 0).row(j) = row.transpose();
    network.layout().matrix(w, 1)(0, j) = j % 2 == 0 ? Real(1) : Real(-1);
  }
  return w;
}

}  // namespace saddleflow::pursuit_test
