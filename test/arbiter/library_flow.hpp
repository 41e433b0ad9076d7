// The library's flow of a plain problem, with what a study has by default.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "arbiter/gradient_descent.hpp"
#include "saddleflow/problem/objective.hpp"

namespace saddleflow::test {

/// The weights at one time of a flow.
struct PathPoint {
  double time = 0;
  std::vector<double> weights;
};

struct LibraryFlow {
  std::string stop_reason;  ///< "exception" where the library threw
  std::string message;
  double time = 0;
  std::vector<double> weights;  ///< at `time`
  std::optional<double>
      branched_at;  ///< the flow was followed up to its first branching only: `time` is this
  std::int64_t steps = 0;
  int sampled = 0;  ///< steps after a decision on a sample of the ways out
  double seconds = 0;
  std::vector<PathPoint> path;  ///< at the beginning and after every accepted step

  bool finished() const { return stop_reason == "reached_end" || branched_at.has_value(); }
};

/// The problem as the library's.
std::shared_ptr<const Network> network_of(const PlainProblem& problem);
std::unique_ptr<Objective> objective_of(const PlainProblem& problem);
Vector start_of(const PlainProblem& problem);

struct LibraryFlowOptions {
  double rtol = 1e-8;
  std::string stepper = "auto";
  std::int64_t max_steps = 50'000;
};

LibraryFlow library_flow(const PlainProblem& problem, const LibraryFlowOptions& how);

}  // namespace saddleflow::test
