#include "saddleflow/record/pursuit_recorder.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "saddleflow/base/error.hpp"
#include "saddleflow/base/to_doubles.hpp"
#include "saddleflow/flow/piecewise_flow.hpp"
#include "saddleflow/flow/probe.hpp"
#include "saddleflow/ode/stepper/registry.hpp"
#include "saddleflow/problem/test_score.hpp"
#include "saddleflow/record/run_description.hpp"
#include "saddleflow/record/time_row.hpp"
#include "saddleflow/study/growing_run.hpp"

namespace saddleflow {

namespace {

constexpr int kUnknownMethod = -1;

/// The flags of a file keep their meaning, and methods that it does not know get new ones.
std::vector<std::string> extended(std::vector<std::string> stored, const std::vector<std::string>& known) {
  for (const std::string& name : known)
    if (std::find(stored.begin(), stored.end(), name) == stored.end()) stored.push_back(name);
  return stored;
}

/// That of the first `rounds` rounds.
BirthOrder order_of(const Network& family, const archive::PursuitRecord& record, std::size_t rounds) {
  const std::vector<Index> ones(hidden_widths(family).size(), 1);
  BirthOrder order(with_widths(family, ones)->layout());
  for (std::size_t k = 1; k < rounds; ++k)
    for (std::int64_t i = 0; i < record.rounds[k].added_neurons; ++i)
      order.append_neuron(static_cast<int>(record.rounds[k].added_layer));
  return order;
}

std::vector<Index> widths_of(const archive::RoundRow& round) {
  return {round.neurons.begin(), round.neurons.end() - 1};
}

/// One each per layer of weights: -1 for the output layer.
std::vector<std::int64_t> per_layer(const std::vector<Index>& hidden) {
  std::vector<std::int64_t> out(hidden.begin(), hidden.end());
  out.push_back(-1);
  return out;
}

RoundStop stop_of(const PursuitRound& round, Real enough) {
  if (round.point.is_critical()) return RoundStop::reached_critical_point;
  if (round.loss_after <= enough) return RoundStop::reached_loss;
  if (round.valley) return RoundStop::valley;
  return round.descent.stop_reason == Stop::iterations_spent ? RoundStop::gradient_steps_spent
                                                             : RoundStop::not_critical;
}

/// Another round can begin there.
bool has_arrived(const archive::RoundRow& round) {
  const RoundStop stop = by_flag<RoundStop>(round.stop, "/rounds/stop");
  return stop == RoundStop::reached_critical_point || stop == RoundStop::reached_loss ||
         stop == RoundStop::valley;
}

void put_certificate(const CriticalPoint& point, archive::RoundRow& row) {
  row.kind = flag_of(point.kind);
  row.gradient_norm = static_cast<double>(point.refinement.gradient_norm);
  row.relative_gradient = static_cast<double>(point.refinement.relative_gradient);
  if (!point.is_critical() || !point.spectrum.counted) return;
  row.index_negative = point.spectrum.negative;
  if (point.knows_zero_modes()) {
    row.index_zero_explained = point.zero_modes.explained();
    row.index_zero_unexplained = point.zero_modes.unexplained;
  }
  row.index_positive = point.spectrum.positive;
  row.eigenvalue_gap = static_cast<double>(point.spectrum.gap);
  row.lambda_min = static_cast<double>(point.spectrum.min());
}

}  // namespace

PursuitRecorder::PursuitRecorder(const StudyTable& study, const PursuitSetup& setup, const Network& first,
                                 const std::string& command)
    : study_(study),
      setup_(setup),
      command_(command),
      stepper_names_(step_method_names()),
      order_(first.layout()) {}

PursuitRecorder::PursuitRecorder(const StudyTable& study, const PursuitSetup& setup,
                                 archive::PursuitRecord record, Index last, const std::string& command)
    : study_(study),
      setup_(setup),
      command_(command),
      stepper_names_(extended(record.description.stepper_names, step_method_names())),
      record_(std::move(record)),
      order_(setup.family->layout()) {
  if (last < 0 || last >= rounds())
    throw InputError(fmt::format("round {}: found rounds 0 to {} in the file", last, rounds() - 1));
  typed_ = record_.description.toml_user;
  const auto kept = static_cast<std::size_t>(last) + 1;
  order_ = order_of(*setup.family, record_, kept);
  const archive::RoundRow& end = record_.rounds[kept - 1];
  if (end.snapshot < 0)
    throw InputError(
        fmt::format("/rounds/snapshot: none for round {}, expected the weights it has reached", last));
  if (record_.rounds.size() > kept && record_.rounds[kept].first_time >= 0)
    record_.times.resize(static_cast<std::size_t>(record_.rounds[kept].first_time));
  record_.snapshots.resize(static_cast<std::size_t>(end.snapshot) + 1);
  record_.rounds.resize(kept);
  for (const auto& [name, value] : record_.summary.numbers)
    if (name == kSampledDecisions) sampled_decisions_ = value;
  // Rows of a file are as long as its axes; what is not born yet ends them.
  const auto trim = [](std::vector<double>& row) {
    while (!row.empty() && std::isnan(row.back())) row.pop_back();
  };
  for (archive::TimeRow& row : record_.times) trim(row.neuron_norm);
  for (archive::SnapshotRow& row : record_.snapshots) trim(row.weights);
  for (const archive::RoundRow& round : record_.rounds) elapsed_ += static_cast<Real>(round.flow_time);
  if (!record_.times.empty()) step_count_ = record_.times.back().step;
}

PursuitState PursuitRecorder::state() const {
  const archive::RoundRow& last = record_.rounds.back();
  const std::vector<double>& row = record_.snapshots[static_cast<std::size_t>(last.snapshot)].weights;
  const Index born = order_.born(row);
  const Vector weights = Eigen::Map<const Eigen::VectorXd>(row.data(), born).cast<Real>();
  return {widths_of(last), order_.canonical(weights), static_cast<int>(rounds()), has_arrived(last)};
}

void PursuitRecorder::begin_round() {
  steps_.clear();
  norms_.clear();
  weights_.clear();
}

void PursuitRecorder::on_step(const DescentView& step) {
  steps_.push_back(time_row(step));
  norms_.push_back(step.observables.neuron_norm);
  if (setup_.data.test) weights_.push_back(step.weights);
}

archive::TimeRow PursuitRecorder::time_row(const DescentView& step) const {
  archive::TimeRow row = observed_row(step.observables);
  row.time = static_cast<double>(elapsed_ + step.time);
  row.step = step_count_ + step.step;
  row.step_size = static_cast<double>(step.step_size);
  row.stepper = step.method.empty() ? kUnknownMethod : method_flag(stepper_names_, step.method);
  row.log_time = std::log(row.time);
  row.phase_time = static_cast<double>(step.time);
  return row;
}

/// From the order of the network to that of birth.
std::vector<double> PursuitRecorder::neuron_norms(const Vector& norms,
                                                  const std::vector<Index>& widths) const {
  std::vector<double> out;
  for (const ParameterPlace& neuron : order_.neurons()) {
    Index number = neuron.row;
    for (int l = 0; l < neuron.layer; ++l) number += widths[static_cast<std::size_t>(l)];
    out.push_back(static_cast<double>(norms[number]));
  }
  return out;
}

void PursuitRecorder::put_moment(std::size_t at, Real time, std::int64_t step, const Vector& w,
                                 const Objective& objective) {
  Objective own(objective.shared_network(), objective.data(), objective.loss());
  GradientFlow flow(own);
  const Vector x = GradientFlow::initial_state(w);
  Probe probe(flow, x);
  Observables o;
  probe.observe(x, o);
  archive::TimeRow row = observed_row(o);
  row.time = static_cast<double>(elapsed_ + time);
  row.step = step_count_ + step;
  row.stepper = kUnknownMethod;
  row.log_time = std::log(row.time);
  row.phase_time = static_cast<double>(time);
  const auto place = static_cast<std::ptrdiff_t>(at);
  steps_.insert(steps_.begin() + place, std::move(row));
  norms_.insert(norms_.begin() + place, o.neuron_norm);
  if (setup_.data.test) weights_.insert(weights_.begin() + place, w);
}

void PursuitRecorder::put_ends(const PursuitRound& round, const Objective& objective) {
  const Minimisation& descent = round.descent;
  if (steps_.empty() || steps_.front().step != step_count_) put_moment(0, 0, 0, round.start, objective);
  if (steps_.back().time < static_cast<double>(elapsed_ + descent.time))
    put_moment(steps_.size(), descent.time, descent.steps, round.weights, objective);
}

void PursuitRecorder::end_round(const PursuitRound& round, Objective& objective) {
  for (const NeuronCandidate& added : round.added) order_.append_neuron(added.neuron.layer);
  put_ends(round, objective);
  archive::RoundRow row;
  row.loss_before = static_cast<double>(round.loss_before);
  row.loss_start = static_cast<double>(round.loss_start);
  row.loss_after = static_cast<double>(round.loss_after);
  row.added_layer = round.layer();
  row.added_neurons =
      static_cast<std::int64_t>(round.number == 0 ? round.neurons.size() : round.added.size());
  row.value = static_cast<double>(round.value);
  row.kkt_residual = static_cast<double>(round.residual);
  row.basin_share = static_cast<double>(round.basin_share);
  put_certificate(round.point, row);
  row.neurons = per_layer(round.neurons);
  if (!round.point.active_neurons.empty()) row.active_neurons = per_layer(round.point.active_neurons);
  if (setup_.data.test) {
    TestGauge gauge(objective.shared_network(), *setup_.data.test, setup_.loss);
    for (std::size_t k = 0; k < steps_.size(); ++k) put_test_score(gauge.score(weights_[k]), steps_[k]);
    const TestScore score = gauge.score(round.weights);
    row.test_loss = static_cast<double>(score.loss);
    row.test_error = static_cast<double>(score.error);
  }
  row.relative_gradient = static_cast<double>(round.relative_gradient);
  row.flow_time = static_cast<double>(round.descent.time);
  row.stop = flag_of(stop_of(round, setup_.options.loss));
  row.first_time = static_cast<std::int64_t>(record_.times.size());
  row.gradients = round.work.gradients;
  row.hessian_vectors = round.work.hessian_vectors;
  row.hessians = round.work.hessians;

  for (std::size_t k = 0; k < steps_.size(); ++k) {
    steps_[k].neuron_norm = neuron_norms(norms_[k], round.neurons);
    record_.times.push_back(std::move(steps_[k]));
  }
  step_count_ = record_.times.back().step;
  const auto snapshot = [&](Real time, const Vector& w, std::int64_t time_row) {
    record_.snapshots.push_back({static_cast<double>(time), to_doubles(order_.by_birth(w)), time_row});
    return static_cast<std::int64_t>(record_.snapshots.size()) - 1;
  };
  row.snapshot_start = snapshot(elapsed_, round.start, row.first_time);
  elapsed_ += round.descent.time;
  sampled_decisions_ += static_cast<double>(round.descent.sampled_decisions);
  row.snapshot = snapshot(elapsed_, round.weights, std::ssize(record_.times) - 1);
  record_.rounds.push_back(std::move(row));
  describe(objective);
  begin_round();
}

void PursuitRecorder::set_next_value(Real best_value) {
  if (!record_.rounds.empty()) record_.rounds.back().next_value = static_cast<double>(best_value);
}

void PursuitRecorder::describe(Objective& objective) {
  archive::RunDescription& d = record_.description;
  d = describe_problem(objective, study_, command_);
  if (!typed_.empty()) d.toml_user = typed_;
  d.stepper_names = stepper_names_;
  set_birth_order(d, order_);
  describe_test_set(setup_.data.test, d);
}

const archive::PursuitRecord& PursuitRecorder::record(const std::string& stop_reason) {
  record_.summary = {};
  record_.summary.stop_reason = stop_reason;
  double gradients = 0, products = 0, hessians = 0;
  for (const archive::RoundRow& round : record_.rounds) {
    gradients += static_cast<double>(round.gradients);
    products += static_cast<double>(round.hessian_vectors);
    hessians += static_cast<double>(round.hessians);
  }
  record_.summary.numbers = {{"gradients", gradients}, {"hessian_vectors", products}, {"hessians", hessians}};
  if (PiecewiseFlow::applies_to(*setup_.family))
    record_.summary.numbers.emplace_back(kSampledDecisions, sampled_decisions_);
  return record_;
}

}  // namespace saddleflow
