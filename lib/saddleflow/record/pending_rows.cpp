#include "saddleflow/record/pending_rows.hpp"

#include <utility>

namespace saddleflow {

std::int64_t PendingRows::row_at(const Moment& moment) const {
  return moment == latest() ? row_count() - 1 : row_count();
}

void PendingRows::add(const Moment& moment, archive::TimeRow row) {
  row.step = steps_;
  times_.push_back({moment, std::move(row)});
}

std::int64_t PendingRows::add(archive::SnapshotRow row) {
  snapshots_.push_back(std::move(row));
  return writer_.rows().snapshot + std::ssize(snapshots_) - 1;
}

void PendingRows::write_times(const Step& of) {
  for (auto& [moment, row] : times_) {
    row.step_size = of.step_size;
    row.stepper = of.stepper;
    row.chart = of.chart;
    row.sliding_count = of.sliding_count;
    row.dead_neurons = of.dead_neurons;
    writer_.append(row);
    last_ = moment;
  }
  times_.clear();
}

void PendingRows::end_step(const Moment& moment, const archive::TimeRow& row) {
  if (!times_.empty() && times_.back().moment == moment) times_.pop_back();
  write_times({row.step_size, row.stepper, row.chart, row.sliding_count, row.dead_neurons});
  writer_.append(row);
  last_ = moment;
  steps_ = row.step;
}

void PendingRows::write(const Step& unfinished) {
  write_times(unfinished);
  for (const archive::SnapshotRow& row : snapshots_) writer_.append(row);
  for (const archive::EventRow& row : events_) writer_.append(row);
  snapshots_.clear();
  events_.clear();
}

void PendingRows::save(MemoryWriter& memory) const {
  memory.add(last_.time);
  memory.add(last_.phase_time);
  memory.add(steps_);
}

void PendingRows::load(MemoryReader& memory) {
  last_.time = memory.real();
  last_.phase_time = memory.real();
  steps_ = memory.integer();
}

}  // namespace saddleflow
