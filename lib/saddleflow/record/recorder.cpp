#include "saddleflow/record/recorder.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "saddleflow/base/error.hpp"
#include "saddleflow/base/memory.hpp"
#include "saddleflow/base/to_doubles.hpp"
#include "saddleflow/record/run_description.hpp"
#include "saddleflow/record/time_row.hpp"
#include "saddleflow/record/weight_measures.hpp"

namespace saddleflow {
namespace {

// Of the spectrum of a large network at a visit, beside the largest eigenvalue: more digits than are printed.
// sf-saddles looks closer.
constexpr Real kVisitResidual = Real(1e-6);

}  // namespace

Recorder::Recorder(FlowSetup& setup, archive::RunWriter& writer, SnapshotPolicy policy)
    : setup_(setup),
      writer_(writer),
      policy_(std::move(policy)),
      records_distances_(records_distances(setup.objective.network(), policy_.distances)),
      pending_(writer),
      analysis_(setup.objective.shared_network(), setup.objective.data(), setup.objective.loss(),
                setup.objective.decay()) {
  if (setup.test) test_gauge_.emplace(setup.weight_network, *setup.test, setup.loss);
  const std::vector<Neuron>& neurons = setup.network().neurons();
  for (std::size_t k = 0; k < neurons.size(); ++k)
    if (std::cmp_equal(neurons[k].layer, first_neuron_.size()))
      first_neuron_.push_back(static_cast<std::int64_t>(k));
}

std::vector<std::string> Recorder::event_kinds(const FlowSetup& setup) {
  std::vector<std::string> kinds = setup.parts.events.kinds;
  kinds.resize(setup.parts.events.stored_count());
  kinds.emplace_back(name_of(EventKind::end));
  return kinds;
}

void Recorder::begin() {
  observables_ = setup_.parts.initial;
  last_loss_ = observables_.loss;
  const StateAt none;
  const bool polar = setup_.parts.starts_in_polar();
  const Stepper& stepper = polar ? setup_.parts.polar->stepper() : *setup_.parts.stepper;
  constexpr Real never = -std::numeric_limits<Real>::infinity();
  write_time_row({0, 0, 0, 0, stepper.method(), setup_.parts.start, none, 0, never, polar});
  snapshot({0, 0}, GradientFlow::initial_state(setup_.w0));
  pending_.write({});
  if (setup_.parts.events.visit->close) {
    visit_ = Visit();
    follow_visit(0, GradientFlow::initial_state(setup_.w0), observables_.proximity);
  }
  while (next_snapshot_time_ < policy_.times.size() && policy_.times[next_snapshot_time_] <= 0)
    ++next_snapshot_time_;
}

std::int64_t Recorder::snapshot(const Moment& at, const Vector& x) {
  const Vector w = setup_.parts.recorded_weights(x);
  // Late in a run a whole jump may take less than the last digit of the time.
  if (at == last_snapshot_at_ && w == last_weights_) return last_snapshot_;
  last_snapshot_at_ = at;
  last_weights_ = w;
  if (policy_.thinned) thinner_.note(w);
  archive::SnapshotRow row{static_cast<double>(at.time), to_doubles(w)};
  row.time_row = pending_.row_at(at);
  if (policy_.singular_values) put_weight_measures(setup_.network(), w, row);
  if (records_distances_) put_distances(setup_.objective.network(), w, row);
  last_snapshot_ = pending_.add(std::move(row));
  return last_snapshot_;
}

// Near the origin time is a component of the state. Where a step adds less to it than its last digit,
// rounding can make it fall by that digit; what is recorded does not.
void Recorder::on_step(const StepView& as_made) {
  StepView step = as_made;
  step.t1 = std::max(step.t1, pending_.latest().time);
  step.step_size = std::max(Real(0), step.step_size);
  setup_.parts.probe.observe(step.x1, observables_, step.t1);
  latest_time_ = step.t1;
  const Moment end{step.t1, step.phase_time};
  write_requested_snapshots(end, step.x1, step.dense);
  write_time_row(step);
  if (keeps_weights(step)) snapshot(end, step.x1);
  pending_.write({});
  if (visit_) follow_visit(step.t1, step.x1, observables_.proximity);
}

archive::TimeRow Recorder::time_row(const Moment& at, Real log_time, const Observables& o, const Vector& x) {
  archive::TimeRow row = observed_row(o);
  row.time = static_cast<double>(at.time);
  row.log_time = static_cast<double>(log_time);
  row.phase_time = static_cast<double>(at.phase_time);
  if (test_gauge_) put_test_score(test_gauge_->score(setup_.parts.recorded_weights(x)), row);
  return row;
}

void Recorder::write_time_row(const StepView& step) {
  const Observables& o = observables_;
  gauges_.add(o, last_loss_, setup_.parts.initial.loss, setup_.parts.rise_unit());
  last_loss_ = o.loss;
  const Moment end{step.t1, step.phase_time};
  archive::TimeRow row = time_row(end, step.log_time, o, step.x1);
  row.step = step.step;
  row.step_size = static_cast<double>(step.step_size);
  row.stepper = method_flag(writer_.stepper_names(), step.method);
  row.chart = flag_of(step.polar ? ChartKind::polar : ChartKind::cartesian);
  if (mode_summary_) {
    const ModeSummary mode = mode_summary_(step);
    row.sliding_count = mode.sliding;
    row.dead_neurons = mode.dead;
  }
  pending_.end_step(end, row);
}

void Recorder::on_mode_changes(std::span<const KinkChange> changes) {
  std::vector<archive::ModeChangeRow> rows;
  rows.reserve(changes.size());
  for (const KinkChange& change : changes)
    rows.push_back({static_cast<double>(change.time), change.layer,
                    first_neuron_.at(static_cast<std::size_t>(change.layer)) + change.neuron, change.sample,
                    change.kind, change.side, static_cast<double>(change.log_time),
                    static_cast<double>(change.phase_time), change.patch});
  writer_.append(rows);
}

void Recorder::write_requested_snapshots(const Moment& until, const Vector& x, const StateAt& dense) {
  for (; next_snapshot_time_ < policy_.times.size() && policy_.times[next_snapshot_time_] <= until.time;
       ++next_snapshot_time_) {
    const Real t = policy_.times[next_snapshot_time_];
    Moment at = until;
    if (t < until.time) {
      // The clocks of one chart differ by a constant; rounding of the absolute one must not make it negative.
      at = {t, std::max(Real(0), until.phase_time - (until.time - t))};
      dense(t, buffer_);
    } else {
      buffer_ = x;
    }
    if (!pending_.has_row(at)) {
      if (!row_probe_) row_probe_.emplace(setup_, analysis_);
      Observables o;
      prepare_analysis();
      row_probe_->observe(buffer_, o, at.time);
      pending_.add(at, time_row(at, std::log(t), o, buffer_));
    }
    snapshot(at, buffer_);
  }
}

bool Recorder::keeps_weights(const StepView& step) {
  return policy_.all || (policy_.every > 0 && step.step % policy_.every == 0) ||
         (policy_.thinned && thinner_.keeps(setup_.parts.recorded_weights(step.x1)));
}

// Nothing is left of what was evaluated before: a run that was resumed has not got it, and is to count the
// same.
void Recorder::prepare_analysis() {
  analysis_.clear_mode();
  if (setup_.parts.kinks) setup_.parts.kinks->share_mode(analysis_);
}

// A diagnosis that fails must not end the run: its numbers are then not known.
Extremes Recorder::extremes_at(const Vector& w) {
  prepare_analysis();
  try {
    return extremes_.at(analysis_, w);
  } catch (const NumericalError&) {
    constexpr Real unknown = std::numeric_limits<Real>::quiet_NaN();
    return {unknown, unknown, unknown};
  }
}

Spectrum Recorder::spectrum_at(const Vector& w) {
  prepare_analysis();
  try {
    SpectrumOptions options;
    options.residual = kVisitResidual;
    options.counts = false;  // of large networks: sf-saddles counts, which may take longer than the run
    return hessian_spectrum(analysis_, w, options);
  } catch (const NumericalError&) {
    Spectrum unknown;
    unknown.complete = unknown.counted = false;
    unknown.newton_distance = std::numeric_limits<Real>::quiet_NaN();
    unknown.eigenvalues = Vector::Constant(spectrum_size(w.size()), unknown.newton_distance);
    return unknown;
  }
}

void Recorder::write_event(std::size_t kind, const EventHit& hit, const Moment& at, const Vector& x) {
  const Vector w = setup_.parts.weights(x);
  Observables o;
  setup_.parts.probe.observe(x, o, at.time);
  const Extremes spectrum = extremes_at(w);
  archive::EventRow row;
  row.time = static_cast<double>(hit.time);
  row.log_time = static_cast<double>(hit.log_time);
  row.phase_time = static_cast<double>(hit.phase_time);
  row.kind = static_cast<int>(kind);
  row.direction = flag_of(hit.direction);
  row.value = kind < setup_.parts.events.stored_count()
                  ? static_cast<double>(setup_.parts.events.values[kind](x))
                  : archive::not_known;
  row.loss = static_cast<double>(o.loss);
  row.gradient_norm = static_cast<double>(o.gradient_norm);
  row.proximity = static_cast<double>(o.proximity);
  row.lambda_min = static_cast<double>(spectrum.min);
  row.lambda_max = static_cast<double>(spectrum.max);
  row.time_error = static_cast<double>(hit.time_error);
  if (!pending_.has_row(at)) pending_.add(at, time_row(at, hit.log_time, o, x));
  row.snapshot = snapshot(at, x);
  pending_.add(row);
  ++event_count_;
  event_mark_ = true;
}

void Recorder::on_event(const EventHit& as_located, const Vector& x, const StateAt& dense) {
  EventHit hit = as_located;
  hit.time = std::max(hit.time, pending_.latest().time);  // as that of a step
  const std::optional<EventKind> kind = event_kind_of(setup_.parts.events.kinds.at(hit.event));
  if (is_stored(kind)) {
    const Moment at{hit.time, hit.phase_time};
    write_requested_snapshots(at, x, dense);  // rows stay in the order of time
    write_event(hit.event, hit, at, x);
  }
  if (kind == EventKind::saddle_enter || kind == EventKind::dip_begin) {
    visit_ = Visit();
    visit_->depth = kind == EventKind::dip_begin ? VisitDepth::shallow : VisitDepth::close;
    visit_->enter_time = visit_->closest_time = hit.time;
  } else if ((kind == EventKind::saddle_closest || kind == EventKind::dip_closest) && visit_) {
    follow_visit(hit.time, x, setup_.parts.probe.proximity(x));
  } else if (kind == EventKind::saddle_leave) {
    close_visit(hit.time);
  }
}

void Recorder::follow_visit(Real time, const Vector& x, Real proximity) {
  if (proximity >= visit_->proximity) return;
  visit_->proximity = proximity;
  visit_->closest_time = time;
  visit_->point = setup_.parts.weights(x);
}

void Recorder::close_visit(std::optional<Real> leave_time) {
  if (!visit_ || visit_->point.size() == 0) return;
  const Spectrum spectrum = spectrum_at(visit_->point);
  Vector gradient(visit_->point.size());
  archive::SaddleRow row;
  row.loss = static_cast<double>(analysis_.gradient(visit_->point, gradient));
  if (!setup_.rates.empty()) gradient = gradient.cwiseQuotient(setup_.rates.units()).eval();
  row.gradient_norm = static_cast<double>(gradient.norm());
  row.point = to_doubles(setup_.rates.weights(visit_->point));
  row.eigenvalues = to_doubles(spectrum.eigenvalues);
  row.proximity = static_cast<double>(visit_->proximity);
  row.newton_distance = static_cast<double>(spectrum.newton_distance);
  row.enter_time = static_cast<double>(visit_->enter_time);
  row.closest_time = static_cast<double>(visit_->closest_time);
  row.depth = flag_of(visit_->depth);
  row.leave_time = leave_time ? static_cast<double>(*leave_time) : archive::not_known;
  if (spectrum.counted) {  // else not known, -1
    row.index_negative = spectrum.negative;
    row.index_zero = spectrum.zero;
    row.index_positive = spectrum.positive;
  }
  writer_.append(row);
  visit_.reset();
}

void Recorder::end(const Outcome& outcome) {
  EventHit hit;
  // The run ends where its last step did, whose time may since have been rounded otherwise and told in
  // another chart; only where a step has failed after it was made is there another row.
  const bool is_last_row = outcome.time <= pending_.latest().time;
  const Moment at = is_last_row ? pending_.latest() : Moment{outcome.time, outcome.phase_time};
  hit.time = at.time;
  hit.phase_time = outcome.phase_time;
  hit.log_time = outcome.log_time;
  // A run that goes on from here must not show that it has been at its end before.
  const Vector before = extremes_.start();
  write_event(setup_.parts.events.stored_count(), hit, at, outcome.state);
  extremes_.set_start(before);
  PendingRows::Step unfinished;
  const bool polar = outcome.state.size() != setup_.objective.size() + 1;
  unfinished.chart = flag_of(polar ? ChartKind::polar : ChartKind::cartesian);
  pending_.write(unfinished);
  // A dip in which the run ends may be none.
  if (visit_ && visit_->depth == VisitDepth::close) close_visit({});
  visit_.reset();
}

bool Recorder::take_event_mark() { return std::exchange(event_mark_, false); }

std::vector<Real> Recorder::memory() const {
  MemoryWriter memory;
  for (const Real gauge : {gauges_.balance_drift, gauges_.energy_drift, gauges_.loss_rise}) memory.add(gauge);
  for (const Real value : {last_loss_, latest_time_, last_snapshot_at_.time, last_snapshot_at_.phase_time})
    memory.add(value);
  pending_.save(memory);
  memory.add(last_snapshot_);
  memory.add(last_weights_);
  memory.add(event_count_);
  memory.add(static_cast<std::int64_t>(next_snapshot_time_));
  thinner_.save(memory);
  memory.add(extremes_.start());
  const WorkCounters& work = analysis_.counters();
  for (const std::int64_t count : {work.values, work.gradients, work.hessian_vectors, work.hessians})
    memory.add(count);
  memory.add(visit_.has_value());
  if (visit_) {
    memory.add(flag_of(visit_->depth));
    for (const Real value : {visit_->enter_time, visit_->closest_time, visit_->proximity}) memory.add(value);
    memory.add(visit_->point);
  }
  return memory.take();
}

void Recorder::restore(const std::vector<Real>& memory) {
  MemoryReader reader(memory, "checkpoint: 'recorder'");
  for (Real* gauge : {&gauges_.balance_drift, &gauges_.energy_drift, &gauges_.loss_rise})
    *gauge = reader.real();
  for (Real* value : {&last_loss_, &latest_time_, &last_snapshot_at_.time, &last_snapshot_at_.phase_time})
    *value = reader.real();
  pending_.load(reader);
  last_snapshot_ = reader.integer();
  last_weights_ = reader.vector();
  if (last_weights_.size() != setup_.objective.size())
    throw InputError(fmt::format("checkpoint: 'recorder' holds a snapshot of {} weights, expected {}",
                                 last_weights_.size(), setup_.objective.size()));
  event_count_ = reader.integer();
  next_snapshot_time_ = static_cast<std::size_t>(reader.integer());
  thinner_.load(reader);
  extremes_.set_start(reader.vector());
  WorkCounters work;
  for (std::int64_t* count : {&work.values, &work.gradients, &work.hessian_vectors, &work.hessians})
    *count = reader.integer();
  analysis_.set_counters(work);
  visit_.reset();
  if (reader.boolean()) {
    Visit visit;
    visit.depth = by_flag<VisitDepth>(static_cast<int>(reader.integer()), "checkpoint: 'recorder'");
    for (Real* value : {&visit.enter_time, &visit.closest_time, &visit.proximity}) *value = reader.real();
    visit.point = reader.vector();
    // None as long as the visit has not come nearer than where it began.
    if (visit.point.size() != 0 && visit.point.size() != setup_.objective.size())
      throw InputError(fmt::format("checkpoint: 'recorder' holds a point of {} weights, expected {}",
                                   visit.point.size(), setup_.objective.size()));
    visit_ = std::move(visit);
  }
  reader.finish();
}

}  // namespace saddleflow
