// Writes a trajectory to its run file as it grows, and keeps the tables and gauges that are printed at its
// end.
#pragma once

#include <cstdint>
#include <functional>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "saddleflow/archive/run_file.hpp"
#include "saddleflow/archive/run_writer.hpp"
#include "saddleflow/flow/gauges.hpp"
#include "saddleflow/flow/integration.hpp"
#include "saddleflow/flow/kink_change.hpp"
#include "saddleflow/problem/test_score.hpp"
#include "saddleflow/record/pending_rows.hpp"
#include "saddleflow/record/row_probe.hpp"
#include "saddleflow/record/snapshot_thinner.hpp"
#include "saddleflow/saddle/extreme_eigenvalues.hpp"
#include "saddleflow/saddle/spectrum.hpp"
#include "saddleflow/study/flow_setup.hpp"

namespace saddleflow {

/// Observer of one run. The time of every snapshot is a row of /time, if need be one within a step, with what
/// the dense output has there. Spectra, and the rows of snapshots at times asked for, are computed on an
/// objective of its own, so that the work counters of the run are those of the integration.
class Recorder : public Observer {
 public:
  Recorder(FlowSetup& setup, archive::RunWriter& writer, SnapshotPolicy policy);

  /// Row 0 and the initial snapshot; not after restore().
  void begin();
  /// Threads that share large passes of the analysis, see Objective::set_workers().
  void set_workers(Workers* workers) { analysis_.set_workers(workers); }
  void on_event(const EventHit& hit, const Vector& x, const StateAt& dense) override;
  void on_step(const StepView& step) override;
  /// In the order of time, before the on_step() of their step. InputError unless the file was described with
  /// mode changes.
  void on_mode_changes(std::span<const KinkChange> changes);
  /// Asked at every recorded step, the start included; without it the two columns stay unknown.
  using ModeSummaryAt = std::function<ModeSummary(const StepView& step)>;
  void set_mode_summary(ModeSummaryAt summary) { mode_summary_ = std::move(summary); }
  /// Final snapshot, an unfinished visit, the end event.
  void end(const Outcome& outcome);

  const Gauges& gauges() const { return gauges_; }
  const Observables& latest() const { return observables_; }
  Real latest_time() const { return latest_time_; }
  std::int64_t event_count() const { return event_count_; }
  /// Gradients, products and Hessians beside the flow: spectra at events and visits, rows within steps.
  const WorkCounters& analysis_work() const { return analysis_.counters(); }
  /// True once after each event: time to flush.
  bool take_event_mark();

  std::vector<Real> memory() const;
  void restore(const std::vector<Real>& memory);

  /// Kinds of events as stored: those of the setup, then "end".
  static std::vector<std::string> event_kinds(const FlowSetup& setup);

 private:
  struct Visit {
    VisitDepth depth = VisitDepth::close;
    Real enter_time = 0, closest_time = 0;
    Real proximity = std::numeric_limits<Real>::max();
    Vector point;
  };
  using Moment = PendingRows::Moment;
  std::int64_t snapshot(const Moment& at, const Vector& x);
  archive::TimeRow time_row(const Moment& at, Real log_time, const Observables& o, const Vector& x);
  void write_time_row(const StepView& step);
  /// Those that are not later than `until`, where the state is x.
  void write_requested_snapshots(const Moment& until, const Vector& x, const StateAt& dense);
  bool keeps_weights(const StepView& step);
  void prepare_analysis();
  Spectrum spectrum_at(const Vector& w);
  Extremes extremes_at(const Vector& w);
  void write_event(std::size_t kind, const EventHit& hit, const Moment& at, const Vector& x);
  void follow_visit(Real time, const Vector& x, Real proximity);
  void close_visit(std::optional<Real> leave_time);

  FlowSetup& setup_;
  archive::RunWriter& writer_;
  SnapshotPolicy policy_;
  bool records_distances_;  ///< to the invariant manifolds
  PendingRows pending_;
  Objective analysis_;
  ExtremeEigenvalues extremes_;
  std::optional<RowProbe> row_probe_;  // made where it is asked for
  std::optional<TestGauge> test_gauge_;
  Observables observables_;
  Gauges gauges_;
  std::optional<Visit> visit_;
  SnapshotThinner thinner_;
  Real latest_time_ = 0;
  Real last_loss_ = 0;
  Moment last_snapshot_at_{-1, -1};
  std::int64_t last_snapshot_ = -1;
  Vector last_weights_;
  std::int64_t event_count_ = 0;
  std::size_t next_snapshot_time_ = 0;
  bool event_mark_ = false;
  Vector buffer_;
  ModeSummaryAt mode_summary_;
  std::vector<std::int64_t> first_neuron_;  ///< of each hidden layer: its row of /neuron
};

}  // namespace saddleflow
