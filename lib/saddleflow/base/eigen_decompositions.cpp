#include <Eigen/Eigenvalues>

#include "saddleflow/base/decompositions.hpp"
#include "saddleflow/base/error.hpp"
#include "saddleflow/base/interruption.hpp"

namespace saddleflow {

namespace {

using Solver = Eigen::SelfAdjointEigenSolver<Matrix>;

void require_convergence(const Solver& solver, const std::string& what) {
  if (solver.info() != Eigen::Success || !solver.eigenvalues().allFinite())
    throw NumericalError(what + ": the eigenvalue iteration did not converge");
}

}  // namespace

SymmetricEigen symmetric_eigen(const Matrix& a, const std::string& what) {
  if (a.size() == 0) return {};  // Eigen asks for the largest entry
  check_interrupt();
  const Solver solver(a);
  require_convergence(solver, what);
  return {solver.eigenvalues(), solver.eigenvectors()};
}

Vector symmetric_eigenvalues(const Matrix& a, const std::string& what) {
  if (a.size() == 0) return {};
  check_interrupt();
  const Solver solver(a, Eigen::EigenvaluesOnly);
  require_convergence(solver, what);
  return solver.eigenvalues();
}

SymmetricEigen tridiagonal_eigen(const Vector& diagonal, const Vector& off_diagonal) {
  Solver solver;
  solver.computeFromTridiagonal(diagonal, off_diagonal, Eigen::ComputeEigenvectors);
  return {solver.eigenvalues(), solver.eigenvectors()};
}

}  // namespace saddleflow
