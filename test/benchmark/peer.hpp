// Other integrators on the gradient flow of a network, to compare with.
#pragma once

#include <cstdint>
#include <ctime>
#include <string>
#include <vector>

#include "saddleflow/problem/objective.hpp"

namespace saddleflow::benchmark {

/// What a peer is asked for: the path at `times`, the last of which is the end, in no more than `budget`
/// seconds.
struct PeerTask {
  Objective& objective;
  Vector w0;
  std::vector<Real> times;
  Real rtol = 0;
  Real atol = 0;
  double budget = 0;
};

struct PeerRun {
  bool finished = false;
  std::string remark;  ///< why not
  Real time = 0;       ///< reached
  std::int64_t steps = 0;
  std::int64_t factorisations = 0;  ///< of dense matrices, where the peer counts them
  double seconds = 0;
  WorkCounters work;
  std::vector<Vector> path;
};

/// CPU time of this process: wall time on a machine that does nothing else, and still true on one that does.
class Stopwatch {
 public:
  double seconds() const { return static_cast<double>(std::clock() - begin_) / CLOCKS_PER_SEC; }

 private:
  std::clock_t begin_ = std::clock();
};

enum class CvodeMethod {
  bdf_dense,  ///< SUNDIALS' own LU
  bdf_cholesky,
  bdf_gmres,
  bdf_pcg,
  adams_fixed_point,
  adams_gmres,
  adams_pcg
};
/// SUNDIALS CVODE: Newton with the Hessian as it is off the kinks (dense, or products in GMRES or CG without
/// a preconditioner), or functional iteration. The path is CVODE's own dense output.
PeerRun run_cvode(const PeerTask& task, CvodeMethod method);

enum class ArkodeMethod {
  dirk5,  ///< diagonally implicit, order 5, Newton by Cholesky; its own dense output
  erk8    ///< explicit, order 8; ends steps at the times
};
PeerRun run_arkode(const PeerTask& task, ArkodeMethod method);

enum class OdeintMethod { dopri5, fehlberg78 };
/// Boost.Odeint's explicit pairs under its own control; they end steps at the times.
PeerRun run_odeint(const PeerTask& task, OdeintMethod method);

}  // namespace saddleflow::benchmark
