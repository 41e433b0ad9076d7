// Other integrators on the gradient flow of a network with kinks, to compare with.
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

enum class CvodeMethod { bdf_dense, bdf_gmres, adams_fixed_point, adams_gmres };
/// SUNDIALS CVODE: Newton with the Hessian as it is off the kinks (dense, or products in GMRES), or
/// functional iteration.
PeerRun run_cvode(const PeerTask& task, CvodeMethod method);

}  // namespace saddleflow::benchmark
