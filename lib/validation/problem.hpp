// The parts of a study that all claims need: network with data, start directions, sizes, tolerances.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "saddleflow/problem/correlation.hpp"
#include "saddleflow/stepper/stepper.hpp"
#include "saddleflow/study/initial_weights.hpp"
#include "validation/claim.hpp"

namespace saddleflow::claims {

class Problem {
 public:
  /// Throws InputError, naming file and key, unless the study has what every claim needs.
  Problem(const StudyTable& study, const Options& options);

  Objective objective;
  Correlation correlation;   ///< output scale 0
  std::vector<Real> deltas;  ///< descending
  /// Seeds of the starts; --quick takes the first two.
  std::vector<std::uint64_t> seeds;
  StepperOptions stepper_options;
  std::string stepper;
  Real rtol;
  std::int64_t max_steps;
  Real margin;  ///< how far an exponent may be from its prediction
  bool quick;
  const std::atomic<bool>* interrupt;

  const Network& network() const { return objective.network(); }
  int degree() const { return network().degree(); }
  /// Unit vector, of the study's init.kind.
  Vector direction(std::uint64_t seed) const;
  /// Throws Interrupted when that has been asked for.
  void check_interrupt() const;
  /// With title and setting.
  Report report() const;

 private:
  std::string title_;
  InitKind init_;
};

/// A list of numbers as "1e-02 1e-04".
std::string listed(const std::vector<Real>& numbers, const char* format = "{:.0e}");
std::string listed(const std::vector<std::uint64_t>& seeds);

}  // namespace saddleflow::claims
