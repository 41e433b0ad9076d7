// The weights of a stored run at times between its snapshots.
#pragma once

#include <atomic>
#include <vector>

#include "saddleflow/base/real.hpp"
#include "saddleflow/job/kkt_run.hpp"

namespace saddleflow {

struct WeightsAt {
  Real time = 0;
  Vector weights;
  Real error = 0;  ///< relative; 0 at a snapshot
};

/// At each of these ascending times, see evaluate_run(). Ends early where `interrupt` is set.
std::vector<WeightsAt> weights_between(KktProblem& problem, const std::vector<Real>& times,
                                       const std::atomic<bool>* interrupt);

}  // namespace saddleflow
