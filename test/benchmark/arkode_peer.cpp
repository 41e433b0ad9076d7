#include <arkode/arkode_arkstep.h>
#include <arkode/arkode_erkstep.h>
#include <fmt/format.h>
#include <sunmatrix/sunmatrix_dense.h>

#include <stdexcept>

#include "benchmark/peer.hpp"
#include "benchmark/sundials_flow.hpp"

namespace saddleflow::benchmark {
namespace {

// On end; seven by default, with which ERK8 gives up at the first jump.
constexpr int kMostRejections = 100;

int newton_matrix(realtype /*t*/, N_Vector y, N_Vector /*fy*/, SUNMatrix a, SUNMatrix /*mass*/,
                  booleantype keep, booleantype* current, realtype gamma, void* data, N_Vector, N_Vector,
                  N_Vector) {
  return flow_newton_matrix(y, a, keep, current, gamma, data);
}

void say_nothing(int, const char*, const char*, char*, void*) {}

/// What both integrators of ARKODE share.
class Arkode {
 public:
  explicit Arkode(const PeerTask& task) : flow_(task.objective, task.w0) {
    SUNContext_Create(nullptr, &context_);
    const auto n = static_cast<sunindextype>(task.w0.size());
    y_ = N_VNew_Serial(n, context_);
    out_ = N_VNew_Serial(n, context_);
    give(task.w0, y_);
  }
  Arkode(const Arkode&) = delete;
  Arkode& operator=(const Arkode&) = delete;
  virtual ~Arkode() {
    N_VDestroy(y_);
    N_VDestroy(out_);
    SUNContext_Free(&context_);
  }

  /// 0 or more: a step was taken, towards `end`, which no step passes where the method must stop at times.
  virtual int step(Real end, Real& t) = 0;
  virtual bool stops_at_times() const = 0;
  virtual std::int64_t steps() const = 0;
  std::int64_t factorisations() const { return flow_.factorisations; }
  /// Weights at t within the last step.
  virtual Vector at(Real t) = 0;

 protected:
  Vector weights_of(N_Vector y) {
    flow_.look(y);
    return flow_.w;
  }

  SundialsFlow flow_;
  SUNContext context_ = nullptr;
  N_Vector y_ = nullptr, out_ = nullptr;
};

class Dirk5 final : public Arkode {
 public:
  explicit Dirk5(const PeerTask& task) : Arkode(task) {
    const auto n = static_cast<sunindextype>(task.w0.size());
    memory_ = ARKStepCreate(nullptr, flow_rhs, 0, y_, context_);
    ARKStepSStolerances(memory_, task.rtol, task.atol);
    ARKStepSetUserData(memory_, &flow_);
    ARKStepSetErrHandlerFn(memory_, say_nothing, nullptr);
    ARKStepSetOrder(memory_, 5);
    ARKStepSetMaxErrTestFails(memory_, kMostRejections);
    matrix_ = SUNDenseMatrix(n, n, context_);
    linear_ = cholesky_solver(flow_, context_);
    ARKStepSetLinearSolver(memory_, linear_, matrix_);
    ARKStepSetLinSysFn(memory_, newton_matrix);
    ARKStepSetStopTime(memory_, task.times.back());
  }
  ~Dirk5() override {
    ARKStepFree(&memory_);
    SUNLinSolFree(linear_);
    SUNMatDestroy(matrix_);
  }

  int step(Real end, Real& t) override { return ARKStepEvolve(memory_, end, y_, &t, ARK_ONE_STEP); }
  bool stops_at_times() const override { return false; }
  std::int64_t steps() const override {
    long count = 0;
    ARKStepGetNumSteps(memory_, &count);
    return count;
  }
  Vector at(Real t) override {
    ARKStepGetDky(memory_, t, 0, out_);
    return weights_of(out_);
  }

 private:
  void* memory_ = nullptr;
  SUNMatrix matrix_ = nullptr;
  SUNLinearSolver linear_ = nullptr;
};

class Erk8 final : public Arkode {
 public:
  explicit Erk8(const PeerTask& task) : Arkode(task) {
    memory_ = ERKStepCreate(flow_rhs, 0, y_, context_);
    ERKStepSStolerances(memory_, task.rtol, task.atol);
    ERKStepSetUserData(memory_, &flow_);
    ERKStepSetErrHandlerFn(memory_, say_nothing, nullptr);
    ERKStepSetOrder(memory_, 8);
    ERKStepSetMaxErrTestFails(memory_, kMostRejections);
  }
  ~Erk8() override { ERKStepFree(&memory_); }

  int step(Real end, Real& t) override {
    ERKStepSetStopTime(memory_, end);
    return ERKStepEvolve(memory_, end, y_, &t, ARK_ONE_STEP);
  }
  bool stops_at_times() const override { return true; }
  std::int64_t steps() const override {
    long count = 0;
    ERKStepGetNumSteps(memory_, &count);
    return count;
  }
  Vector at(Real /*t*/) override { return weights_of(y_); }

 private:
  void* memory_ = nullptr;
};

PeerRun follow(Arkode& arkode, const PeerTask& task, const Stopwatch& watch) {
  PeerRun run;
  while (run.path.size() < task.times.size() && run.remark.empty()) {
    const Real next = task.times[run.path.size()];
    const int flag = arkode.step(arkode.stops_at_times() ? next : task.times.back(), run.time);
    if (flag < 0) run.remark = fmt::format("ARKODE gives up ({})", flag);
    if (watch.seconds() > task.budget) run.remark = "out of time";
    while (flag >= 0 && run.path.size() < task.times.size() && task.times[run.path.size()] <= run.time)
      run.path.push_back(arkode.at(task.times[run.path.size()]));
  }
  run.finished = run.path.size() == task.times.size();
  run.steps = arkode.steps();
  run.factorisations = arkode.factorisations();
  return run;
}

template <class Method>
PeerRun timed(const PeerTask& task) {
  const WorkCounters before = task.objective.counters();
  const Stopwatch watch;
  Method method(task);
  PeerRun run = follow(method, task, watch);
  run.seconds = watch.seconds();
  run.work = task.objective.counters() - before;
  return run;
}

}  // namespace

PeerRun run_arkode(const PeerTask& task, ArkodeMethod method) {
  switch (method) {
    case ArkodeMethod::dirk5:
      return timed<Dirk5>(task);
    case ArkodeMethod::erk8:
      return timed<Erk8>(task);
  }
  throw std::logic_error("run_arkode: not a method of ArkodeMethod");
}

}  // namespace saddleflow::benchmark
