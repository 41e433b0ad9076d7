// The tables of /skeleton, /sequences, /stops, /matches and /flow_loss.
#include "saddleflow/archive/schema.hpp"

namespace saddleflow::archive {

namespace {

using enum Kind;

template <class Row>
std::vector<Column<Row>> with_skeleton(std::vector<Column<Row>> table) {
  for (Column<Row>& column : table) column.spec.presence = Presence::with_skeleton;
  return table;
}

}  // namespace

template <>
const std::vector<Column<JumpRow>>& columns<JumpRow>() {
  using Row = JumpRow;
  const std::string axis = "/skeleton/jump";
  const std::vector<std::string> jumps{axis}, neurons{axis, "/neuron"};
  static const std::vector<Column<Row>> table = with_skeleton<Row>({
      {{"/skeleton/time", real, jumps, "slow time of the jump"}, &Row::time},
      {{"/skeleton/after", real, jumps, "later slow time since the first jump, 0 where there is none"},
       &Row::after},
      {{"/skeleton/flow_time", real, jumps, "flow time of the jump at the norm delta of the study's start"},
       &Row::flow_time},
      {{"/skeleton/loss_before", real, jumps, "training loss L(w) until the jump"}, &Row::loss_before},
      {{"/skeleton/loss", real, jumps, "training loss at the critical point reached"}, &Row::loss},
      {{"/skeleton/activated", flag, neurons, "whether the neuron activates in the jump", FlagSet::truth},
       &Row::activated},
      {{"/skeleton/deactivated", flag, neurons, "whether the neuron becomes inactive in the jump",
        FlagSet::truth},
       &Row::deactivated},
      {{"/skeleton/active", flag, neurons, "whether the neuron is active at the point reached",
        FlagSet::truth},
       &Row::active},
      {{"/skeleton/active_neurons", integer, {axis, "/layer"}, "active neurons of each layer"},
       &Row::active_neurons},
      {{"/skeleton/clocks", real, neurons, "clock of the neuron right after the jump"}, &Row::clocks},
      {{"/skeleton/point", real, {axis, "/parameter"}, "weights of the critical point reached"}, &Row::point},
      {{"/skeleton/kind", flag, jumps, "kind of the point reached, -1 where it was not analysed",
        FlagSet::critical_kind},
       &Row::kind},
      {{"/skeleton/gradient_norm", real, jumps, "norm of the gradient there"}, &Row::gradient_norm},
      {{"/skeleton/relative_gradient", real, jumps, "|grad L| / (|Hess L| |w|)"}, &Row::relative_gradient},
      {{"/skeleton/index_negative", integer, jumps, "negative eigenvalues of the Hessian"},
       &Row::index_negative},
      {{"/skeleton/index_zero_explained", integer, jumps,
        "zero eigenvalues that symmetry or neurons at zero force"},
       &Row::index_zero_explained},
      {{"/skeleton/index_zero_unexplained", integer, jumps, "zero eigenvalues beyond those"},
       &Row::index_zero_unexplained},
      {{"/skeleton/index_positive", integer, jumps, "positive eigenvalues of the Hessian"},
       &Row::index_positive},
      {{"/skeleton/eigenvalue_gap", real, jumps,
        "smallest |eigenvalue| that counts as not zero over the largest that counts as zero"},
       &Row::eigenvalue_gap},
      {{"/skeleton/lambda_min", real, jumps, "smallest eigenvalue of the Hessian"}, &Row::lambda_min},
      {{"/skeleton/ways_down", integer, jumps, "directions found in which the point is left"},
       &Row::ways_down},
      {{"/skeleton/jump", integer, jumps, "number of the jump"}, std::monostate{}},
  });
  return table;
}

template <>
const std::vector<Column<SequenceRow>>& columns<SequenceRow>() {
  using Row = SequenceRow;
  const std::vector<std::string> sequences{"/sequences/sequence"};
  static const std::vector<Column<Row>> table = with_skeleton<Row>({
      {{"/sequences/kind", flag, sequences, "what the sequence is of", FlagSet::sequence_kind}, &Row::kind},
      {{"/sequences/delta", real, sequences, "norm of the start of a flow"}, &Row::delta},
      {{"/sequences/end_time", real, sequences, "slow time at which the flow ended"}, &Row::end_time},
      {{"/sequences/end_flow_time", real, sequences, "flow time at which it ended"}, &Row::end_flow_time},
      {{"/sequences/end_loss", real, sequences, "training loss L(w) at the end"}, &Row::end_loss},
      {{"/sequences/steps", integer, sequences, "accepted steps of the flow"}, &Row::steps},
      {{"/sequences/unresolved", integer, sequences, "visits of the flow that led to no critical point"},
       &Row::unresolved},
      {{"/sequences/failed", flag, sequences, "whether it could not be computed, or is not certain",
        FlagSet::truth},
       &Row::failed},
      {{"/sequences/sequence", integer, sequences, "number of the sequence"}, std::monostate{}},
  });
  return table;
}

template <>
const std::vector<Column<StopRow>>& columns<StopRow>() {
  using Row = StopRow;
  const std::string axis = "/stops/stop";
  const std::vector<std::string> stops{axis};
  static const std::vector<Column<Row>> table = with_skeleton<Row>({
      {{"/stops/sequence", integer, stops, "row of /sequences"}, &Row::sequence},
      {{"/stops/time", real, stops, "slow time at which half of the fall of the loss to the point is gained"},
       &Row::time},
      {{"/stops/after", real, stops, "later slow time since the first stop, 0 where there is none"},
       &Row::after},
      {{"/stops/flow_time", real, stops, "flow time of it"}, &Row::flow_time},
      {{"/stops/loss", real, stops, "training loss L(w) at the critical point"}, &Row::loss},
      {{"/stops/active_neurons", integer, {axis, "/layer"}, "active neurons of each layer"},
       &Row::active_neurons},
      {{"/stops/outputs",
        real,
        {axis, "/stops/sample", "/stops/output"},
        "outputs of the network on the data"},
       &Row::outputs},
      {{"/stops/stop", integer, stops, "number of the stop"}, std::monostate{}},
  });
  return table;
}

template <>
const std::vector<Column<MatchRow>>& columns<MatchRow>() {
  using Row = MatchRow;
  const std::vector<std::string> matches{"/matches/match"};
  static const std::vector<Column<Row>> table = with_skeleton<Row>({
      {{"/matches/sequence", integer, matches, "row of /sequences"}, &Row::sequence},
      {{"/matches/jump", integer, matches, "row of /skeleton, -1 for none"}, &Row::jump},
      {{"/matches/first_stop", integer, matches,
        "row of /stops of the first sequence, which stands for the skeleton where none is known, -1 for "
        "none"},
       &Row::first_stop},
      {{"/matches/stop", integer, matches, "row of /stops, -1 where the sequence lacks the point"},
       &Row::stop},
      {{"/matches/time_difference", real, matches, "slow time of the stop minus that of the jump"},
       &Row::time_difference},
      {{"/matches/loss_difference", real, matches, "loss of the stop minus that of the jump"},
       &Row::loss_difference},
      {{"/matches/output_distance", real, matches, "|H_2 - H_1| / |H_1| of the outputs on the data"},
       &Row::output_distance},
      {{"/matches/same_active_neurons", flag, matches, "whether as many neurons are active in every layer",
        FlagSet::verdict},
       &Row::same_active_neurons},
      {{"/matches/absence", flag, matches, "why the point is missing in one of the two", FlagSet::absence},
       &Row::absence},
      {{"/matches/nearest_flow_time", real, matches,
        "flow time at which the flow is nearest to a point that it lacks"},
       &Row::nearest_flow_time},
      {{"/matches/nearest_loss", real, matches, "training loss there"}, &Row::nearest_loss},
      {{"/matches/nearest_proximity", real, matches, "scale-free closeness r to a critical point there"},
       &Row::nearest_proximity},
      {{"/matches/nearest_outputs", real, matches, "|H - H_1| / |H_1| there"}, &Row::nearest_outputs},
      {{"/matches/match", integer, matches, "number of the row"}, std::monostate{}},
  });
  return table;
}

template <>
const std::vector<Column<FlowLossRow>>& columns<FlowLossRow>() {
  using Row = FlowLossRow;
  const std::vector<std::string> rows{"/flow_loss/row"};
  static const std::vector<Column<Row>> table = with_skeleton<Row>({
      {{"/flow_loss/sequence", integer, rows, "row of /sequences"}, &Row::sequence},
      {{"/flow_loss/time", real, rows, "slow time"}, &Row::time},
      {{"/flow_loss/flow_time", real, rows, "flow time"}, &Row::flow_time},
      {{"/flow_loss/after", real, rows,
        "later slow time since the first stop of the flow, NaN where there is none"},
       &Row::after},
      {{"/flow_loss/loss", real, rows, "training loss L(w)"}, &Row::loss},
      {{"/flow_loss/row", integer, rows, "number of the row"}, std::monostate{}},
  });
  return table;
}

std::vector<DatasetSpec> skeleton_specs() {
  // Axes of /problem cannot be used elsewhere: netCDF-4 looks for them in a group and those above it.
  std::vector<DatasetSpec> all{{"/stops/sample", integer, {"/stops/sample"}, "training sample"},
                               {"/stops/output", integer, {"/stops/output"}, "output of the network"}};
  for (DatasetSpec& spec : all) spec.presence = Presence::with_skeleton;
  for (const auto& table : {specs_of<JumpRow>(), specs_of<SequenceRow>(), specs_of<StopRow>(),
                            specs_of<MatchRow>(), specs_of<FlowLossRow>()})
    all.insert(all.end(), table.begin(), table.end());
  return all;
}

}  // namespace saddleflow::archive
