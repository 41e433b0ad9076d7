#include "benchmark/sundials_flow.hpp"

#include <sunmatrix/sunmatrix_dense.h>

#include <Eigen/Cholesky>
#include <Eigen/LU>
#include <optional>

namespace saddleflow::benchmark {
namespace {

using LowerTriangle = Eigen::TriangularView<MatrixView, Eigen::Lower>;

struct Cholesky {
  SundialsFlow& flow;
  std::optional<Eigen::PartialPivLU<Matrix>> indefinite;
};

Cholesky& content(SUNLinearSolver solver) { return *static_cast<Cholesky*>(solver->content); }

MatrixView entries(SUNMatrix a) {
  return {SUNDenseMatrix_Data(a), SUNDenseMatrix_Rows(a), SUNDenseMatrix_Columns(a)};
}

int factorise(SUNLinearSolver solver, SUNMatrix a) {
  Cholesky& self = content(solver);
  ++self.flow.factorisations;
  self.indefinite.reset();
  MatrixView matrix = entries(a);
  Eigen::Ref<Matrix> in_place(matrix);
  const Eigen::LLT<Eigen::Ref<Matrix>, Eigen::Lower> llt(in_place);
  if (llt.info() == Eigen::Success) return SUNLS_SUCCESS;
  const Index n = matrix.rows();
  Matrix whole = self.flow.gamma * Matrix(self.flow.hessian.selfadjointView<Eigen::Lower>());
  whole += Matrix::Identity(n, n);
  if (!whole.allFinite()) return SUNLS_PACKAGE_FAIL_REC;
  ++self.flow.factorisations;
  self.indefinite.emplace(whole);
  return SUNLS_SUCCESS;
}

int solve(SUNLinearSolver solver, SUNMatrix a, N_Vector x, N_Vector b, realtype /*tolerance*/) {
  Cholesky& self = content(solver);
  if (x != b) N_VScale(1, b, x);
  VectorView solution(N_VGetArrayPointer(x), self.flow.objective.size());
  if (self.indefinite) {
    solution = self.indefinite->solve(Vector(solution));
  } else {
    MatrixView matrix = entries(a);
    const LowerTriangle factor(matrix);
    factor.solveInPlace(solution);
    factor.transpose().solveInPlace(solution);
  }
  return SUNLS_SUCCESS;
}

}  // namespace

void give(const Vector& values, N_Vector y) { VectorView(N_VGetArrayPointer(y), values.size()) = values; }

int flow_rhs(realtype /*t*/, N_Vector y, N_Vector ydot, void* data) {
  auto& flow = *static_cast<SundialsFlow*>(data);
  flow.look(y);
  flow.objective.gradient(flow.w, flow.out);
  flow.out = -flow.out;
  give(flow.out, ydot);
  return flow.out.allFinite() ? 0 : 1;
}

int flow_jacobian_times(N_Vector v, N_Vector jv, realtype /*t*/, N_Vector y, N_Vector /*fy*/, void* data,
                        N_Vector /*scratch*/) {
  auto& flow = *static_cast<SundialsFlow*>(data);
  flow.look(y);
  flow.v = ConstVectorView(N_VGetArrayPointer(v), flow.w.size());
  flow.objective.hessian_vector(flow.w, flow.v, flow.out);
  flow.out = -flow.out;
  give(flow.out, jv);
  return 0;
}

int flow_newton_matrix(N_Vector y, SUNMatrix a, booleantype keep, booleantype* current, realtype gamma,
                       void* data) {
  auto& flow = *static_cast<SundialsFlow*>(data);
  if (keep == SUNFALSE) {
    flow.look(y);
    flow.objective.hessian(flow.w, flow.hessian);
  }
  *current = keep == SUNFALSE ? SUNTRUE : SUNFALSE;
  flow.gamma = gamma;
  MatrixView matrix = entries(a);
  matrix.noalias() = gamma * flow.hessian;
  matrix.diagonal().array() += 1;
  return 0;
}

SUNLinearSolver cholesky_solver(SundialsFlow& flow, SUNContext context) {
  SUNLinearSolver solver = SUNLinSolNewEmpty(context);
  solver->content = new Cholesky{flow, {}};
  solver->ops->gettype = [](SUNLinearSolver) { return SUNLINEARSOLVER_DIRECT; };
  solver->ops->getid = [](SUNLinearSolver) { return SUNLINEARSOLVER_CUSTOM; };
  solver->ops->initialize = [](SUNLinearSolver) -> int { return SUNLS_SUCCESS; };
  solver->ops->setup = factorise;
  solver->ops->solve = solve;
  solver->ops->free = [](SUNLinearSolver s) -> int {
    delete &content(s);
    SUNLinSolFreeEmpty(s);
    return SUNLS_SUCCESS;
  };
  return solver;
}

}  // namespace saddleflow::benchmark
