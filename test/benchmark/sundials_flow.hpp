// A gradient flow as SUNDIALS wants it: right-hand side, Hessian-vector product, and I + gamma H with its
// Cholesky factor as a linear solver of its own.
#pragma once

#include <nvector/nvector_serial.h>
#include <sundials/sundials_linearsolver.h>
#include <sundials/sundials_matrix.h>

#include <cstdint>

#include "saddleflow/problem/objective.hpp"

namespace saddleflow::benchmark {

/// What the callbacks are handed, and their buffers.
struct SundialsFlow {
  explicit SundialsFlow(Objective& of, const Vector& start) : objective(of), w(start) {}

  Objective& objective;
  Vector w, v, out;
  Matrix hessian;  ///< the last one; only its lower triangle is read
  Real gamma = 0;  ///< of the last matrix I + gamma H
  std::int64_t factorisations = 0;

  void look(N_Vector y) { w = ConstVectorView(N_VGetArrayPointer(y), objective.size()); }
};

void give(const Vector& values, N_Vector y);

/// `data` is a SundialsFlow: ydot = -grad L(y).
int flow_rhs(realtype t, N_Vector y, N_Vector ydot, void* data);
/// jv = -H(y) v.
int flow_jacobian_times(N_Vector v, N_Vector jv, realtype t, N_Vector y, N_Vector fy, void* data,
                        N_Vector scratch);
/// The lower triangle of I + gamma H(y) in `a`, with the last Hessian where `keep` allows it.
int flow_newton_matrix(N_Vector y, SUNMatrix a, booleantype keep, booleantype* current, realtype gamma,
                       void* data);

/// Factorises what flow_newton_matrix() has left, by Cholesky in place; where that matrix is indefinite, by
/// LU. The flow must outlive it; SUNLinSolFree() ends it.
SUNLinearSolver cholesky_solver(SundialsFlow& flow, SUNContext context);

}  // namespace saddleflow::benchmark
