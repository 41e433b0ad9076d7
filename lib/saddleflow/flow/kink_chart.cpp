#include "saddleflow/flow/kink_chart.hpp"

namespace saddleflow {
namespace {

bool keeps_back(const FeedForwardState& state) {
  return state.hidden.empty() || state.hidden.front().back.size() > 0;
}

}  // namespace

bool CartesianKinkChart::has_state() { return flow_.objective().has_layers(); }

const FeedForwardState& CartesianKinkChart::evaluate(const Vector& x, Counting counting) {
  Objective& objective = flow_.objective();
  const WorkCounters counters = objective.counters();
  const Vector& w = flow_.weights(x);
  objective.gradient(w, velocity_);
  velocity_ = -velocity_;
  const FeedForwardState& state = *objective.kept_state_at(w);
  if (!keeps_back(state))
    objective.loss().derivative(objective.outputs(w), objective.data().targets, residual_);
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
  const FeedForwardState& state = *correlation.kept_state_at(unit_);
  if (!keeps_back(state)) residual_ = correlation.loss_derivative(unit_);
  if (counting == Counting::uncounted) correlation.set_counters(counters);
  return state;
}

}  // namespace saddleflow
