// Neuron Pursuit (P4): a network grows from one critical point to the next by the neurons that lower the loss
// most.
//
// The listing of the paper is not available. The method follows its abstract (THEORY.md, section 4):
//   0. one neuron per hidden layer: the best KKT point u* of the NCF, w = delta u*; minimise the loss;
//   1. in every hidden layer maximise the per-neuron NCF at the critical point from random starts;
//   2. choose layer and neurons, append delta (a, b);
//   3. minimise to the next critical point; repeat.
// Every choice is an option.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "saddleflow/base/named_enum.hpp"
#include "saddleflow/problem/correlation_unit.hpp"
#include "saddleflow/pursuit/minimise.hpp"
#include "saddleflow/pursuit/neuron_search.hpp"

namespace saddleflow {

struct PursuitOptions {
  /// Which hidden layer grows: the one with the largest N; each in turn (one without a positive N is passed
  /// over); always the same one.
  enum class LayerRule { best_value, round_robin, fixed };
  /// How many neurons a round adds: one, or all distinct maximisers of that layer whose N is at least
  /// `fraction` of the best one's.
  enum class NeuronRule { one, maximisers };

  Index starts = kStartsOfMany;  ///< of every search
  std::uint64_t seed = 1;
  LayerRule layer_rule = LayerRule::best_value;
  int fixed_layer = 0;
  NeuronRule neuron_rule = NeuronRule::one;
  Real fraction = Real(0.9);  ///< by judgement: as good as the best
  Real scale = Real(1e-3);    ///< delta
  Real loss = Real(1e-16);    ///< enough: outputs to 1e-8
  std::vector<Index> budget;  ///< most neurons of each hidden layer
  /// In a valley the loss has no minimum, for example because two neurons grow without bound and together
  /// imitate the derivative of a neuron. The minimisation then counts as complete if ||grad L|| / (||Hess L||
  /// ||w||) is at most this. 0: the pursuit ends there.
  Real valley_gradient = Real(1e-10);  ///< as Hessians are known to (SpectrumOptions::relative_zero)
  Real least_value = kLeastValue;      ///< N counts as zero if it is at most this, divided by its bound
  MinimiseOptions minimise;            ///< its `loss` is the one above
  CriticalPointOptions analysis;
  Workers* workers = nullptr;  ///< the threads of every search; null: the caller's alone
};

template <>
inline constexpr auto enum_table<PursuitOptions::LayerRule> = named_enum<PursuitOptions::LayerRule>(
    "rule for the layer that grows", {{PursuitOptions::LayerRule::best_value, "best_value"},
                                      {PursuitOptions::LayerRule::round_robin, "round_robin"},
                                      {PursuitOptions::LayerRule::fixed, "fixed"}});

template <>
inline constexpr auto enum_table<PursuitOptions::NeuronRule> = named_enum<PursuitOptions::NeuronRule>(
    "rule for the neurons that are added",
    {{PursuitOptions::NeuronRule::one, "one"}, {PursuitOptions::NeuronRule::maximisers, "maximisers"}});

/// Why a pursuit ended.
enum class PursuitEnd {
  going_on,
  loss,          ///< fallen to PursuitOptions::loss
  budget,        ///< as many neurons as allowed, in every layer that could grow
  stationary,    ///< no neuron has N > 0: the point is critical in every wider network, as far as one neuron
                 ///< tells
  not_critical,  ///< the minimisation did not lead to a critical point, nor into a valley
  no_progress,   ///< the loss did not fall
  interrupted
};

template <>
inline constexpr auto enum_table<PursuitEnd> =
    named_enum<PursuitEnd>("end of a pursuit", {{PursuitEnd::going_on, "going_on"},
                                                {PursuitEnd::loss, "loss"},
                                                {PursuitEnd::budget, "budget"},
                                                {PursuitEnd::stationary, "stationary"},
                                                {PursuitEnd::not_critical, "not_critical"},
                                                {PursuitEnd::no_progress, "no_progress"},
                                                {PursuitEnd::interrupted, "interrupted"}});

/// One round: what was added and where it led.
struct PursuitRound {
  int number = 0;
  std::vector<NeuronCandidate> added;             ///< round 0: none, see `direction`
  Vector direction;                               ///< round 0: u*, the KKT point of the narrow network
  Real value = 0, residual = 0, basin_share = 0;  ///< of the best neuron (round 0: of u*)
  Real scale = 0;                                 ///< delta, halved until the loss fell
  Real loss_before = 0;                           ///< at the point before; round 0: of the zero network
  Real loss_start = 0;                            ///< after appending
  Real loss_after = 0;                            ///< at the point reached
  std::vector<Index> neurons;                     ///< hidden widths now
  Vector start;                                   ///< weights right after appending
  Minimisation descent;
  int endgame_steps = 0;       ///< of the trust region after it, see trust_region_descent()
  Real relative_gradient = 0;  ///< ||grad L|| / (||Hess L|| ||w||) at the end
  bool valley = false;         ///< the end is no critical point, see PursuitOptions::valley_gradient
  CriticalPoint point;         ///< reached; its certificates
  Vector weights;              ///< of the network now, at that point
  WorkCounters work;           ///< of the whole round, searches included

  /// Hidden layer of the neurons added; -1 in round 0.
  int layer() const { return added.empty() ? -1 : added.front().neuron.layer; }
};

/// The state of a pursuit: everything on which the next round depends.
struct PursuitState {
  std::vector<Index> widths;  ///< hidden
  Vector weights;
  int rounds = 0;        ///< done
  bool critical = true;  ///< the point reached is critical, or in a valley; another round needs this
};

class NeuronPursuit {
 public:
  /// `family`: inputs, outputs, number of hidden layers and activation of the networks; its widths are the
  /// budget unless the options name one. Throws InputError for a family that does not grow, and options out
  /// of range.
  NeuronPursuit(std::shared_ptr<const Network> family, Dataset data, Loss loss, PursuitOptions options);
  /// Continues after the rounds that led to `state`, as if it had made them itself.
  NeuronPursuit(std::shared_ptr<const Network> family, Dataset data, Loss loss, PursuitOptions options,
                PursuitState state);

  /// Makes the next round. Empty if the pursuit has ended, see end(). A round that is interrupted or does not
  /// lower the loss is not counted, and the state stays unchanged. NumericalError if round 0 finds no
  /// positive KKT point.
  std::optional<PursuitRound> advance();

  PursuitEnd end() const { return end_; }
  const PursuitState& state() const { return state_; }
  /// The results of the last search at the point reached; empty before the first search.
  const std::vector<NeuronSearch>& searches() const { return searches_; }
  /// Largest N of these results, divided by its bound.
  Real best_relative_value() const;
  /// The present network with the data.
  Objective& objective() { return *objective_; }

 private:
  void take(std::shared_ptr<const Network> network);
  std::optional<PursuitRound> first_round();
  std::optional<PursuitRound> next_round();
  void search();
  std::vector<NeuronCandidate> choose() const;
  bool may_grow(std::size_t layer) const;
  int chosen_layer() const;
  void withdraw(const std::vector<NeuronCandidate>& chosen);
  PursuitEnd end_without_candidates() const;
  bool append(PursuitRound& round);
  bool descend(Objective& wider, PursuitRound& round);
  bool arrived(const PursuitRound& round) const;
  bool reached(const PursuitRound& round) const;
  bool is_valley_of_kinks(const PursuitRound& round) const;
  void conclude(Objective& wider, PursuitRound& round);
  bool settle(PursuitRound& round);
  void finish_by_trust_region(Objective& wider, PursuitRound& round);
  bool interrupted() const;

  std::shared_ptr<const Network> family_;
  Dataset data_;
  Loss loss_;
  PursuitOptions options_;
  PursuitState state_;
  PursuitEnd end_ = PursuitEnd::going_on;
  std::unique_ptr<Objective> objective_;
  std::vector<NeuronSearch> searches_;
  std::vector<std::vector<NeuronCandidate>>
      offers_;  ///< of these searches what has not been withdrawn, per layer
};

}  // namespace saddleflow
