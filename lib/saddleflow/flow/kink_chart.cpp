#include "saddleflow/flow/kink_chart.hpp"

namespace saddleflow {

bool CartesianKinkChart::has_state() { return flow_.objective().has_layers(); }

const FeedForwardState& CartesianKinkChart::evaluate(const Vector& x, Counting counting) {
  Objective& objective = flow_.objective();
  const WorkCounters counters = objective.counters();
  const Vector& w = flow_.weights(x);
  objective.gradient(w, velocity_);
  velocity_ = -velocity_;
  const FeedForwardState& state = *objective.state_at(w);
  if (counting == Counting::uncounted) objective.set_counters(counters);
  return state;
}

void CartesianKinkChart::lift(const Vector& change, Vector& rates) const {
  rates.setZero(change.size() + 1);
  rates.head(change.size()) = change;
}

bool PolarKinkChart::has_state() { return flow_.correlation().has_layers(); }

const FeedForwardState& PolarKinkChart::evaluate(const Vector& x, Counting counting) {
  Correlation& correlation = flow_.correlation();
  const WorkCounters counters = correlation.counters();
  unit_ = flow_.look(x);
  log_scale_ = flow_.log_norm(x);
  correlation.gradient(unit_, velocity_);
  const FeedForwardState& state = *correlation.state_at(unit_);
  if (counting == Counting::uncounted) correlation.set_counters(counters);
  return state;
}

}  // namespace saddleflow
