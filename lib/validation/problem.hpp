// The parts of a study that all claims need: network with data, start directions, sizes, tolerances.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "saddleflow/ode/stepper/stepper.hpp"
#include "saddleflow/problem/correlation.hpp"
#include "saddleflow/study/initial_weights.hpp"
#include "validation/claim.hpp"

namespace saddleflow::claims {

class Problem {
 public:
  /// Keeps a reference to the study. Throws InputError, naming file and key, unless it has what every claim
  /// needs.
  Problem(const StudyTable& study, const Options& options);
  Problem(StudyTable&& study, const Options& options) = delete;

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
  /// f(problem of its own, seed) for all seeds, on the threads that are free; in the order of the seeds.
  template <class F>
  auto over_seeds(const F& f) const {
    return over(seeds, f);
  }
  template <class F>
  auto over(const std::vector<std::uint64_t>& starts, const F& f) const {
    std::vector<std::optional<std::invoke_result_t<F, Problem&, std::uint64_t>>> found(starts.size());
    for_each(static_cast<Index>(starts.size()), [&](Index k) {
      const auto i = static_cast<std::size_t>(k);
      Problem own(*study_, options_);
      own.deltas = deltas;
      found[i].emplace(f(own, starts[i]));
    });
    std::vector<std::invoke_result_t<F, Problem&, std::uint64_t>> results;
    for (auto& result : found) results.push_back(std::move(*result));
    return results;
  }

 private:
  void for_each(Index count, const std::function<void(Index)>& job) const;

  const StudyTable* study_;
  Options options_;
  std::string title_;
  InitKind init_;
};

/// A list of numbers as "1e-02 1e-04".
std::string listed(const std::vector<Real>& numbers, const char* format = "{:.0e}");
std::string listed(const std::vector<std::uint64_t>& seeds);

}  // namespace saddleflow::claims
