#include <cvode/cvode.h>
#include <fmt/format.h>
#include <sunlinsol/sunlinsol_dense.h>
#include <sunlinsol/sunlinsol_pcg.h>
#include <sunlinsol/sunlinsol_spgmr.h>
#include <sunmatrix/sunmatrix_dense.h>
#include <sunnonlinsol/sunnonlinsol_fixedpoint.h>

#include <stdexcept>

#include "benchmark/peer.hpp"
#include "benchmark/sundials_flow.hpp"

namespace saddleflow::benchmark {
namespace {

int dense_jacobian(realtype /*t*/, N_Vector y, N_Vector /*fy*/, SUNMatrix j, void* data, N_Vector, N_Vector,
                   N_Vector) {
  auto& flow = *static_cast<SundialsFlow*>(data);
  flow.look(y);
  flow.objective.hessian(flow.w, flow.hessian);
  MatrixView(SUNDenseMatrix_Data(j), flow.w.size(), flow.w.size()) = -flow.hessian;
  return 0;
}

int newton_matrix(realtype /*t*/, N_Vector y, N_Vector /*fy*/, SUNMatrix a, booleantype keep,
                  booleantype* current, realtype gamma, void* data, N_Vector, N_Vector, N_Vector) {
  return flow_newton_matrix(y, a, keep, current, gamma, data);
}

// Of the Krylov methods: iterations, and how much more exactly than Newton's method converges they solve.
constexpr int kIterations = 30;
constexpr Real kLinearPart = Real(0.05);

bool is_bdf(CvodeMethod method) {
  return method == CvodeMethod::bdf_dense || method == CvodeMethod::bdf_cholesky ||
         method == CvodeMethod::bdf_gmres || method == CvodeMethod::bdf_pcg;
}

/// One CVODE integrator with its parts.
class Cvode {
 public:
  Cvode(const PeerTask& task, CvodeMethod method) : flow_(task.objective, task.w0) {
    SUNContext_Create(nullptr, &context_);
    const auto n = static_cast<sunindextype>(task.w0.size());
    y_ = N_VNew_Serial(n, context_);
    out_ = N_VNew_Serial(n, context_);
    give(task.w0, y_);
    memory_ = CVodeCreate(is_bdf(method) ? CV_BDF : CV_ADAMS, context_);
    CVodeInit(memory_, flow_rhs, 0, y_);
    CVodeSStolerances(memory_, task.rtol, task.atol);
    CVodeSetUserData(memory_, &flow_);
    CVodeSetStopTime(memory_, task.times.back());
    CVodeSetErrHandlerFn(
        memory_, [](int, const char*, const char*, char*, void*) {}, nullptr);
    attach(method, n);
  }
  Cvode(const Cvode&) = delete;
  Cvode& operator=(const Cvode&) = delete;
  ~Cvode() {
    CVodeFree(&memory_);
    if (linear_) SUNLinSolFree(linear_);
    if (fixed_point_) SUNNonlinSolFree(fixed_point_);
    if (matrix_) SUNMatDestroy(matrix_);
    N_VDestroy(y_);
    N_VDestroy(out_);
    SUNContext_Free(&context_);
  }

  /// 0 or more: a step was taken.
  int step(Real end, Real& t) { return CVode(memory_, end, y_, &t, CV_ONE_STEP); }
  Vector at(Real t) {
    CVodeGetDky(memory_, t, 0, out_);
    flow_.look(out_);
    return flow_.w;
  }
  std::int64_t factorisations() const { return flow_.factorisations; }
  std::int64_t steps() const {
    long count = 0;
    CVodeGetNumSteps(memory_, &count);
    return count;
  }

 private:
  void attach(CvodeMethod method, sunindextype n) {
    switch (method) {
      case CvodeMethod::adams_fixed_point:
        fixed_point_ = SUNNonlinSol_FixedPoint(y_, 0, context_);
        CVodeSetNonlinearSolver(memory_, fixed_point_);
        return;
      case CvodeMethod::bdf_dense:
        matrix_ = SUNDenseMatrix(n, n, context_);
        linear_ = SUNLinSol_Dense(y_, matrix_, context_);
        CVodeSetLinearSolver(memory_, linear_, matrix_);
        CVodeSetJacFn(memory_, dense_jacobian);
        return;
      case CvodeMethod::bdf_cholesky:
        matrix_ = SUNDenseMatrix(n, n, context_);
        linear_ = cholesky_solver(flow_, context_);
        CVodeSetLinearSolver(memory_, linear_, matrix_);
        CVodeSetLinSysFn(memory_, newton_matrix);
        return;
      case CvodeMethod::bdf_gmres:
      case CvodeMethod::adams_gmres:
        attach_krylov(SUNLinSol_SPGMR(y_, SUN_PREC_NONE, kIterations, context_));
        return;
      case CvodeMethod::bdf_pcg:
      case CvodeMethod::adams_pcg:
        attach_krylov(SUNLinSol_PCG(y_, SUN_PREC_NONE, kIterations, context_));
        return;
    }
    throw std::logic_error("run_cvode: not a method of CvodeMethod");
  }

  void attach_krylov(SUNLinearSolver solver) {
    linear_ = solver;
    CVodeSetLinearSolver(memory_, linear_, nullptr);
    CVodeSetJacTimes(memory_, nullptr, flow_jacobian_times);
    CVodeSetEpsLin(memory_, kLinearPart);
  }

  SundialsFlow flow_;
  SUNContext context_ = nullptr;
  N_Vector y_ = nullptr, out_ = nullptr;
  void* memory_ = nullptr;
  SUNMatrix matrix_ = nullptr;
  SUNLinearSolver linear_ = nullptr;
  SUNNonlinearSolver fixed_point_ = nullptr;
};

}  // namespace

PeerRun run_cvode(const PeerTask& task, CvodeMethod method) {
  PeerRun run;
  const WorkCounters before = task.objective.counters();
  const Stopwatch watch;
  Cvode cvode(task, method);
  while (run.path.size() < task.times.size() && run.remark.empty()) {
    const int flag = cvode.step(task.times.back(), run.time);
    if (flag < 0) run.remark = fmt::format("CVODE gives up ({})", CVodeGetReturnFlagName(flag));
    if (watch.seconds() > task.budget) run.remark = "out of time";
    while (flag >= 0 && run.path.size() < task.times.size() && task.times[run.path.size()] <= run.time)
      run.path.push_back(cvode.at(task.times[run.path.size()]));
  }
  run.finished = run.path.size() == task.times.size();
  run.seconds = watch.seconds();
  run.steps = cvode.steps();
  run.factorisations = cvode.factorisations();
  run.work = task.objective.counters() - before;
  return run;
}

}  // namespace saddleflow::benchmark
