#include "saddleflow/record/time_row.hpp"

#include "saddleflow/base/to_doubles.hpp"

namespace saddleflow {

archive::TimeRow observed_row(const Observables& o) {
  archive::TimeRow row;
  row.loss = static_cast<double>(o.loss);
  row.gradient_norm = static_cast<double>(o.gradient_norm);
  row.weight_norm = static_cast<double>(o.weight_norm);
  row.proximity = static_cast<double>(o.proximity);
  row.balance_drift = static_cast<double>(o.balance_drift);
  row.energy_drift = static_cast<double>(o.energy_drift);
  row.log_weight_norm = static_cast<double>(o.log_weight_norm);
  row.kkt_residual = static_cast<double>(o.kkt_residual);
  row.penalty = static_cast<double>(o.penalty);
  row.normalised_margin = static_cast<double>(o.normalised_margin);
  row.margin_kkt_residual = static_cast<double>(o.margin_kkt_residual);
  row.layer_norm = to_doubles(o.layer_norm);
  row.neuron_norm = to_doubles(o.neuron_norm);
  return row;
}

void put_test_score(const TestScore& score, archive::TimeRow& row) {
  row.test_loss = static_cast<double>(score.loss);
  row.test_error = static_cast<double>(score.error);
}

}  // namespace saddleflow
