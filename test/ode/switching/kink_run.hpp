// Gradient flow of a small random network with kinks, with a record of what its modes did.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "saddleflow/base/real.hpp"
#include "saddleflow/flow/flow_assembly.hpp"
#include "saddleflow/problem/objective.hpp"

namespace saddleflow::test {

enum class Targets { random, teacher };

/// Inputs are standard normals, targets too or those of a teacher with three neurons and the same activation;
/// the start is a random direction.
struct KinkProblem {
  std::uint64_t seed = 1;
  std::vector<Index> sizes{10, 20, 1};
  Index samples = 100;
  Real slope = Real(0.1);
  Targets targets = Targets::teacher;
  Reduction reduction = Reduction::mean;
  Real norm = Real(1e-3);  ///< of the weights at the start
  Real t_end = 10;

  std::shared_ptr<const Network> network() const;
  Dataset data() const;
  Vector start() const;
  /// For the lists of failures.
  std::string description() const;
};

/// What changed when: the beginning of the step that follows the change.
struct TimedChange {
  Real t = 0;
  ModeChange change;
};

struct KinkRun {
  std::string stop_reason, message;
  Real time = 0;                     ///< reached
  std::vector<TimedChange> changes;  ///< in the order in which they were made
  std::int64_t crossings = 0, entries = 0, releases = 0;
  std::int64_t branchings = 0;  ///< steps that followed one
  std::int64_t sampled = 0;     ///< decisions on a random sample of the ways to go on
  std::size_t most = 0;         ///< simultaneous slides
  std::int64_t steps = 0;       ///< accepted
  WorkCounters work;
  Real loss = 0;     ///< at the end
  Real rise = 0;     ///< largest from one step to the next, in units of the loss at the start
  Real balance = 0;  ///< largest drift of the conserved balances, in units of the largest ||w||^2
  Real energy = 0;   ///< largest drift of the energy identity, in units of the loss at the start
  double seconds = 0;
  std::vector<Vector> path;  ///< weights at the times that were asked for
};

struct KinkOptions {
  std::string stepper = "dopri5";
  Real rtol = Real(1e-9);
  std::int64_t max_steps = 100000;
  std::vector<Real> times;  ///< ascending, for KinkRun::path
  bool gauges = true;       ///< rise, balance, energy: a forward pass a step more
};

KinkRun run_kinks(const KinkProblem& problem, const KinkOptions& options);
/// Other data, networks or starts than a problem draws.
KinkRun run_kinks(Objective& objective, const Vector& w0, Real t_end, const KinkOptions& options);

}  // namespace saddleflow::test
