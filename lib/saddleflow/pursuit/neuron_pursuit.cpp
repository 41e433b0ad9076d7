#include "saddleflow/pursuit/neuron_pursuit.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "saddleflow/base/error.hpp"
#include "saddleflow/correlation/kkt_search.hpp"
#include "saddleflow/flow/piecewise_flow.hpp"
#include "saddleflow/pursuit/endgame.hpp"

namespace saddleflow {

namespace {

// Seeds of the searches of different rounds and layers must differ: no network has so many layers.
constexpr std::uint64_t kSeedsARound = 1'000;
// A candidate starts smaller and smaller until the loss falls, down to 1e-12 of the first size.
constexpr int kScaleHalvings = 40;
// With kinks no trust region takes over where the flow creeps: it has so many times the steps.
constexpr std::int64_t kStepsWithKinks = 20;

std::vector<Index> ones(const Network& family) { return std::vector<Index>(hidden_widths(family).size(), 1); }

/// ||grad L|| / (||Hess L|| ||w||).
Real relative_gradient(Objective& objective, const Vector& w) {
  Vector gradient(w.size());
  objective.gradient(w, gradient);
  const Spectrum spectrum = hessian_spectrum(objective, w);
  return gradient.norm() / (std::max(std::abs(spectrum.min()), std::abs(spectrum.max())) * w.norm());
}

void require(bool holds, const char* what, double found, const char* expected) {
  if (!holds) throw InputError(fmt::format("pursuit: {}: found {}, expected {}", what, found, expected));
}

}  // namespace

NeuronPursuit::NeuronPursuit(std::shared_ptr<const Network> family, Dataset data, Loss loss,
                             PursuitOptions options)
    : NeuronPursuit(std::move(family), std::move(data), loss, std::move(options), PursuitState{}) {}

NeuronPursuit::NeuronPursuit(std::shared_ptr<const Network> family, Dataset data, Loss loss,
                             PursuitOptions options, PursuitState state)
    : family_(std::move(family)),
      data_(std::move(data)),
      loss_(loss),
      options_(std::move(options)),
      state_(std::move(state)) {
  const std::vector<Index> widths = hidden_widths(*family_);
  if (options_.budget.empty()) options_.budget = widths;
  require(options_.budget.size() == widths.size(), "hidden layers with a budget",
          static_cast<double>(options_.budget.size()), "one a hidden layer");
  require(options_.starts >= 1, "starts", static_cast<double>(options_.starts), "at least 1");
  require(options_.scale > 0, "scale", static_cast<double>(options_.scale), "more than 0");
  require(options_.fixed_layer >= 0 && options_.fixed_layer < static_cast<int>(widths.size()), "layer",
          options_.fixed_layer + 1, "one of the hidden layers");
  options_.minimise.loss = options_.loss;
  if (state_.rounds == 0) {
    state_.widths = ones(*family_);
    take(with_widths(*family_, state_.widths));
    state_.weights = Vector::Zero(objective_->size());
    return;
  }
  take(with_widths(*family_, state_.widths));
  if (state_.weights.size() != objective_->size())
    throw InputError(
        fmt::format("pursuit: found {} weights, expected {}", state_.weights.size(), objective_->size()));
  if (objective_->value(state_.weights) <= options_.loss) {
    end_ = PursuitEnd::loss;
  } else if (!state_.critical) {
    end_ = PursuitEnd::not_critical;
  }
}

void NeuronPursuit::take(std::shared_ptr<const Network> network) {
  objective_ = std::make_unique<Objective>(std::move(network), data_, loss_);
}

bool NeuronPursuit::interrupted() const {
  return options_.minimise.interrupt && options_.minimise.interrupt->load();
}

Real NeuronPursuit::best_relative_value() const {
  Real best = 0;
  for (const NeuronSearch& search : searches_) best = std::max(best, search.relative_value());
  return best;
}

std::optional<PursuitRound> NeuronPursuit::advance() {
  if (end_ == PursuitEnd::interrupted && !interrupted()) end_ = PursuitEnd::going_on;
  if (end_ != PursuitEnd::going_on) return std::nullopt;
  std::optional<PursuitRound> round = state_.rounds == 0 ? first_round() : next_round();
  if (!round) {
    if (interrupted()) end_ = PursuitEnd::interrupted;
    return std::nullopt;
  }
  // Also when the interruption came during the analysis: the state is that after the round.
  ++state_.rounds;
  if (end_ == PursuitEnd::going_on && round->loss_after <= options_.loss) end_ = PursuitEnd::loss;
  return round;
}

/// The narrow network from the origin, along its best KKT point.
std::optional<PursuitRound> NeuronPursuit::first_round() {
  PursuitRound round;
  round.neurons = state_.widths;
  Correlation correlation(*objective_);
  KktSearchOptions search;
  search.starts = options_.starts;
  search.seed = options_.seed;
  search.descend = false;
  search.interrupt = options_.minimise.interrupt;
  search.workers = options_.workers;
  const KktTable table = find_kkt_points(correlation, search);
  round.work = table.work;
  if (interrupted()) return std::nullopt;
  const auto best = std::find_if(table.entries.begin(), table.entries.end(), [](const KktEntry& entry) {
    return !entry.point.null && entry.point.value > 0;
  });
  if (best == table.entries.end())
    throw NumericalError(
        fmt::format("pursuit: none of {} starts led to a positive KKT point of the narrow network's NCF",
                    options_.starts));
  round.direction = best->point.direction;
  round.value = best->point.value;
  round.residual = best->point.residual;
  round.basin_share = best->basin_share;
  round.loss_before = correlation.loss_at_origin();
  round.scale = options_.scale;
  round.start = options_.scale * round.direction;
  round.loss_start = objective_->value(round.start);
  return settle(round) ? std::optional(std::move(round)) : std::nullopt;
}

std::optional<PursuitRound> NeuronPursuit::next_round() {
  const WorkCounters before = objective_->counters();
  search();
  if (interrupted()) return std::nullopt;
  PursuitRound round;
  round.number = state_.rounds;
  bool rejected = false;
  for (round.added = choose(); !round.added.empty() && !append(round); round.added = choose()) {
    withdraw(round.added);
    rejected = true;
  }
  if (round.added.empty()) {
    end_ = rejected ? PursuitEnd::no_progress : end_without_candidates();
    return std::nullopt;
  }
  for (const NeuronSearch& s : searches_) round.work = round.work + s.work;
  round.work = round.work + (objective_->counters() - before);
  round.value = round.added.front().value;
  round.residual = round.added.front().residual;
  round.basin_share = round.added.front().basin_share;
  return settle(round) ? std::optional(std::move(round)) : std::nullopt;
}

PursuitEnd NeuronPursuit::end_without_candidates() const {
  const bool room = std::any_of(searches_.begin(), searches_.end(), [&](const NeuronSearch& s) {
    return may_grow(static_cast<std::size_t>(s.layer));
  });
  return room || best_relative_value() <= options_.least_value ? PursuitEnd::stationary : PursuitEnd::budget;
}

void NeuronPursuit::search() {
  NeuronSearchOptions options;
  options.starts = options_.starts;
  options.seed = options_.seed + kSeedsARound * static_cast<std::uint64_t>(state_.rounds);
  options.interrupt = options_.minimise.interrupt;
  options.workers = options_.workers;
  // Slopes at the kinks of the point: found anew, so that a pursuit that goes on from a file has them too.
  std::optional<ActivationPattern> pattern;
  if (PiecewiseFlow::applies_to(objective_->network())) {
    const CriticalPoint point = analyse_critical_point(*objective_, state_.weights, options_.analysis);
    if (point.kinks) pattern = point.kinks->pattern;
  }
  searches_ = search_neurons(*objective_, state_.weights, options, pattern ? &*pattern : nullptr);
  offers_.clear();
  for (const NeuronSearch& found : searches_) offers_.push_back(found.maxima);
}

bool NeuronPursuit::may_grow(std::size_t layer) const {
  if (options_.layer_rule == PursuitOptions::LayerRule::fixed &&
      layer != static_cast<std::size_t>(options_.fixed_layer))
    return false;
  return state_.widths[layer] < options_.budget[layer];
}

/// The loss does not fall with them: the next ones of that layer are its best.
void NeuronPursuit::withdraw(const std::vector<NeuronCandidate>& chosen) {
  std::vector<NeuronCandidate>& offers = offers_[static_cast<std::size_t>(chosen.front().neuron.layer)];
  offers.erase(offers.begin(), offers.begin() + static_cast<std::ptrdiff_t>(chosen.size()));
}

int NeuronPursuit::chosen_layer() const {
  const auto offers = [&](const NeuronSearch& s) {
    return may_grow(static_cast<std::size_t>(s.layer)) && s.relative_value() > options_.least_value &&
           !offers_[static_cast<std::size_t>(s.layer)].empty();
  };
  const std::size_t layers = searches_.size();
  if (options_.layer_rule == PursuitOptions::LayerRule::round_robin) {
    for (std::size_t k = 0; k < layers; ++k) {
      const std::size_t l = (static_cast<std::size_t>(state_.rounds) - 1 + k) % layers;
      if (offers(searches_[l])) return static_cast<int>(l);
    }
    return -1;
  }
  int best = -1;
  Real most = 0;
  for (const NeuronSearch& s : searches_) {
    if (!offers(s)) continue;
    const Real value = offers_[static_cast<std::size_t>(s.layer)].front().value;
    if (best < 0 || value > most) {
      best = s.layer;
      most = value;
    }
  }
  return best;
}

/// The first ones that a layer offers; none where no layer does.
std::vector<NeuronCandidate> NeuronPursuit::choose() const {
  const int layer = chosen_layer();
  if (layer < 0) return {};
  const auto l = static_cast<std::size_t>(layer);
  const std::vector<NeuronCandidate>& maxima = offers_[l];
  if (options_.neuron_rule == PursuitOptions::NeuronRule::one) return {maxima.front()};
  std::vector<NeuronCandidate> chosen;
  const Index room = options_.budget[l] - state_.widths[l];
  for (const NeuronCandidate& candidate : maxima)
    if (candidate.value >= options_.fraction * maxima.front().value &&
        static_cast<Index>(chosen.size()) < room)
      chosen.push_back(candidate);
  return chosen;
}

/// The loss falls by delta^{p+1} N to leading order: where delta is too large for that, it is halved. With
/// kinks in several layers it may rise however small delta is: at samples where the layer is silent the new
/// neuron is on the kinks of the next one, of which N sees one side. False then.
bool NeuronPursuit::append(PursuitRound& round) {
  round.loss_before = objective_->value(state_.weights);
  std::vector<NewNeuron> neurons;
  for (const NeuronCandidate& candidate : round.added) neurons.push_back(candidate.neuron);
  round.scale = options_.scale;
  const bool kinks = PiecewiseFlow::applies_to(objective_->network());
  for (int k = 0; k < kScaleHalvings; ++k, round.scale /= 2) {
    Grown grown = append_neurons(objective_->network(), state_.weights, neurons, round.scale);
    Objective wider(grown.network, data_, loss_);
    round.loss_start = wider.value(grown.weights);
    // Where delta^{p+1} N is below rounding, equality is all that can be seen.
    if (round.loss_start > round.loss_before || (kinks && round.loss_start == round.loss_before)) continue;
    round.start = std::move(grown.weights);
    round.neurons = hidden_widths(*grown.network);
    return true;
  }
  return false;
}

/// At a critical point, and the one that was asked for.
bool NeuronPursuit::arrived(const PursuitRound& round) const {
  if (!round.point.is_critical()) return false;
  return options_.minimise.destination == Destination::critical_point || round.point.spectrum.negative == 0;
}

/// Where the flow creeps along a valley or has come to rest at a saddle.
void NeuronPursuit::finish_by_trust_region(Objective& wider, PursuitRound& round) {
  if (PiecewiseFlow::applies_to(wider.network())) return;
  const WorkCounters before = wider.counters();
  EndgameOptions options;
  options.loss = options_.loss;
  const Endgame end = trust_region_descent(wider, round.descent.weights, options);
  round.endgame_steps = end.iterations;
  round.work = round.work + (wider.counters() - before);
  if (!end.converged) return;
  round.descent.weights = end.weights;
  round.descent.loss = end.loss;
  round.point = analyse_critical_point(wider, end.weights, options_.analysis);
  round.work = round.work + round.point.work;
}

/// To a critical point, refined and analysed. False where it is interrupted on the way down.
bool NeuronPursuit::descend(Objective& wider, PursuitRound& round) {
  MinimiseOptions minimising = options_.minimise;
  if (PiecewiseFlow::applies_to(wider.network())) minimising.max_steps *= kStepsWithKinks;
  minimising.stop_at_sampled_decisions = false;
  round.descent = minimise(wider, round.start, minimising);
  round.work = round.work + round.descent.work;
  if (interrupted()) return false;
  round.point = analyse_critical_point(wider, round.descent.weights, options_.analysis);
  round.work = round.work + round.point.work;
  if (!arrived(round)) finish_by_trust_region(wider, round);
  if (!round.point.is_critical() || round.point.refinement.loss < round.loss_before) return true;
  // A refinement that went up has found another point.
  round.point.kind = CriticalKind::unresolved;
  round.point.refinement.status = RefineStatus::stalled;
  round.point.refinement.converged = false;
  return true;
}

/// Below the loss asked for the refinement has nothing to add but may have nothing to hold on to either.
bool NeuronPursuit::reached(const PursuitRound& round) const { return round.descent.loss <= options_.loss; }

/// Of the refined point where the flow still creeps beside it: next to no gradient along the kinks there.
bool NeuronPursuit::is_valley_of_kinks(const PursuitRound& round) const {
  const Refinement& refinement = round.point.refinement;
  return refinement.point.size() > 0 && refinement.loss < round.loss_before &&
         refinement.relative_gradient <= options_.valley_gradient;
}

/// Where the round ends: at the refined point where that is critical or a valley, else where it stopped.
void NeuronPursuit::conclude(Objective& wider, PursuitRound& round) {
  const bool kinks = PiecewiseFlow::applies_to(wider.network());
  const bool open = !round.point.is_critical() && !reached(round);
  // On kinks the gradient says nothing: that of the refinement, along them, does.
  const bool refined = round.point.is_critical() || (kinks && open && is_valley_of_kinks(round));
  const Refinement& refinement = round.point.refinement;
  round.weights =
      refined ? round.point.basis.leave(wider.network(), round.point.point()) : round.descent.weights;
  round.loss_after = refined ? refinement.loss : round.descent.loss;
  round.relative_gradient = refined ? refinement.relative_gradient : relative_gradient(wider, round.weights);
  round.valley = open && (kinks ? refined : round.relative_gradient <= options_.valley_gradient);
}

/// Minimises, refines and analyses. What does not end lower than before is no round.
bool NeuronPursuit::settle(PursuitRound& round) {
  Objective wider(with_widths(*family_, round.neurons), data_, loss_);
  if (!descend(wider, round)) return false;
  conclude(wider, round);
  if (!(round.loss_after < round.loss_before)) {
    end_ = PursuitEnd::no_progress;
    return false;
  }
  state_.critical = round.point.is_critical() || reached(round) || round.valley;
  if (!state_.critical) end_ = PursuitEnd::not_critical;
  state_.widths = round.neurons;
  state_.weights = round.weights;
  take(with_widths(*family_, state_.widths));
  return true;
}

}  // namespace saddleflow
