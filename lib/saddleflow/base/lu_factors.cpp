#include <Eigen/LU>

#include "saddleflow/base/decompositions.hpp"

namespace saddleflow {

struct LuFactors::Implementation {
  explicit Implementation(const Matrix& a) : lu(a) {}
  Eigen::PartialPivLU<Matrix> lu;
};

void LuFactors::compute(const Matrix& a) { implementation_ = std::make_shared<Implementation>(a); }

Vector LuFactors::solve(const Vector& b) const { return implementation_->lu.solve(b); }

}  // namespace saddleflow
