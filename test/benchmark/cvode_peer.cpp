#include <cvode/cvode.h>
#include <fmt/format.h>
#include <nvector/nvector_serial.h>
#include <sunlinsol/sunlinsol_dense.h>
#include <sunlinsol/sunlinsol_spgmr.h>
#include <sunmatrix/sunmatrix_dense.h>
#include <sunnonlinsol/sunnonlinsol_fixedpoint.h>

#include "benchmark/peer.hpp"

namespace saddleflow::benchmark {
namespace {

/// What the callbacks are handed.
struct Flow {
  Objective& objective;
  Vector w, v, out;
  Matrix hessian;

  void look(N_Vector y) { w = ConstVectorView(N_VGetArrayPointer(y), objective.size()); }
};

Flow& flow_of(void* data) { return *static_cast<Flow*>(data); }

void give(const Vector& values, N_Vector y) { VectorView(N_VGetArrayPointer(y), values.size()) = values; }

int rhs(realtype /*t*/, N_Vector y, N_Vector ydot, void* data) {
  Flow& flow = flow_of(data);
  flow.look(y);
  flow.objective.gradient(flow.w, flow.out);
  flow.out = -flow.out;
  give(flow.out, ydot);
  return flow.out.allFinite() ? 0 : 1;
}

int jacobian(realtype /*t*/, N_Vector y, N_Vector /*fy*/, SUNMatrix j, void* data, N_Vector, N_Vector,
             N_Vector) {
  Flow& flow = flow_of(data);
  flow.look(y);
  flow.objective.hessian(flow.w, flow.hessian);
  MatrixView(SUNDenseMatrix_Data(j), flow.w.size(), flow.w.size()) = -flow.hessian;
  return 0;
}

int jacobian_times(N_Vector v, N_Vector jv, realtype /*t*/, N_Vector y, N_Vector /*fy*/, void* data,
                   N_Vector) {
  Flow& flow = flow_of(data);
  flow.look(y);
  flow.v = ConstVectorView(N_VGetArrayPointer(v), flow.w.size());
  flow.objective.hessian_vector(flow.w, flow.v, flow.out);
  flow.out = -flow.out;
  give(flow.out, jv);
  return 0;
}

/// One CVODE integrator with its parts.
class Cvode {
 public:
  Cvode(const PeerTask& task, CvodeMethod method) : flow_{task.objective, task.w0, {}, {}, {}} {
    SUNContext_Create(nullptr, &context_);
    const auto n = static_cast<sunindextype>(task.w0.size());
    y_ = N_VNew_Serial(n, context_);
    out_ = N_VNew_Serial(n, context_);
    give(task.w0, y_);
    const bool bdf = method == CvodeMethod::bdf_dense || method == CvodeMethod::bdf_gmres;
    memory_ = CVodeCreate(bdf ? CV_BDF : CV_ADAMS, context_);
    CVodeInit(memory_, rhs, 0, y_);
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
  std::int64_t steps() const {
    long count = 0;
    CVodeGetNumSteps(memory_, &count);
    return count;
  }

 private:
  void attach(CvodeMethod method, sunindextype n) {
    if (method == CvodeMethod::adams_fixed_point) {
      fixed_point_ = SUNNonlinSol_FixedPoint(y_, 0, context_);
      CVodeSetNonlinearSolver(memory_, fixed_point_);
    } else if (method == CvodeMethod::bdf_dense) {
      matrix_ = SUNDenseMatrix(n, n, context_);
      linear_ = SUNLinSol_Dense(y_, matrix_, context_);
      CVodeSetLinearSolver(memory_, linear_, matrix_);
      CVodeSetJacFn(memory_, jacobian);
    } else {
      linear_ = SUNLinSol_SPGMR(y_, SUN_PREC_NONE, 0, context_);
      CVodeSetLinearSolver(memory_, linear_, nullptr);
      CVodeSetJacTimes(memory_, nullptr, jacobian_times);
    }
  }

  Flow flow_;
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
  run.work = task.objective.counters() - before;
  return run;
}

}  // namespace saddleflow::benchmark
