#include "saddleflow/archive/schema.hpp"

#include <algorithm>
#include <numeric>

#include "saddleflow/base/visit_depth.hpp"

namespace saddleflow::archive {
namespace {

using enum Kind;

DatasetSpec since_1_1(DatasetSpec spec) {
  spec.presence = Presence::since_1_1;
  return spec;
}

DatasetSpec since_1_7(DatasetSpec spec) {
  spec.presence = Presence::since_1_7;
  return spec;
}

DatasetSpec since_1_8(DatasetSpec spec) {
  spec.presence = Presence::since_1_8;
  return spec;
}

DatasetSpec with_kkt(DatasetSpec spec) {
  spec.presence = Presence::with_kkt;
  return spec;
}

DatasetSpec with_patches(DatasetSpec spec) {
  spec.presence = Presence::with_patches;
  return spec;
}

DatasetSpec with_modes(DatasetSpec spec) {
  spec.presence = Presence::with_modes;
  return spec;
}

DatasetSpec with_decay(DatasetSpec spec) {
  spec.presence = Presence::with_decay;
  return spec;
}

DatasetSpec with_margins(DatasetSpec spec) {
  spec.presence = Presence::with_margins;
  return spec;
}

DatasetSpec with_test(DatasetSpec spec) {
  spec.presence = Presence::with_test;
  return spec;
}

DatasetSpec with_stages(DatasetSpec spec) {
  spec.presence = Presence::with_stages;
  return spec;
}

DatasetSpec with_test_classes(DatasetSpec spec) {
  spec.presence = Presence::with_test_classes;
  return spec;
}

}  // namespace

template <>
const std::vector<Column<TimeRow>>& columns<TimeRow>() {
  using Row = TimeRow;
  static const std::vector<Column<Row>> table = {
      {{"/step", integer, {"/time"}, "accepted steps so far"}, &Row::step},
      {{"/loss", real, {"/time"}, "training loss L(w)"}, &Row::loss},
      {{"/gradient_norm", real, {"/time"}, "norm of the gradient of the loss"}, &Row::gradient_norm},
      {{"/weight_norm", real, {"/time"}, "norm of all weights"}, &Row::weight_norm},
      {{"/step_size", real, {"/time"}, "length of the accepted step in flow time"}, &Row::step_size},
      {{"/proximity",
        real,
        {"/time"},
        "scale-free closeness r to a critical point, |grad L| |w| / (|H| (|l'(H)| + 1e-4 |l'(0)|))",
        FlagSet::none,
        Presence::always,
        "scale-free closeness r to a critical point, |grad L| |w| / sum |<l'(H_i), H_i>| over the samples"},
       &Row::proximity},
      {{"/balance_drift",
        real,
        {"/time"},
        "largest change of a balance invariant since the start, over the largest |w|^2 so far of its neuron"},
       &Row::balance_drift},
      {{"/energy_drift",
        real,
        {"/time"},
        "|L(0) - L(t) - integral of |grad L|^2| / L(0), zero on the exact flow"},
       &Row::energy_drift},
      {{"/stepper", flag, {"/time"}, "method that made the step", FlagSet::stepper}, &Row::stepper},
      {{"/layer_norm", real, {"/time", "/layer"}, "norm of the weights of each layer"}, &Row::layer_norm},
      {{"/neuron_norm", real, {"/time", "/neuron"}, "norm of the weights of each hidden neuron"},
       &Row::neuron_norm},
      {since_1_1({"/log_time", real, {"/time"}, "natural logarithm of the flow time"}), &Row::log_time},
      {since_1_1({"/log_weight_norm", real, {"/time"}, "natural logarithm of the norm of all weights"}),
       &Row::log_weight_norm},
      {since_1_1({"/phase_time", real, {"/time"}, "flow time since the chart was last changed"}),
       &Row::phase_time},
      {since_1_1({"/chart", flag, {"/time"}, "coordinates of the step", FlagSet::chart}), &Row::chart},
      {since_1_1({"/kkt_residual",
                  real,
                  {"/time"},
                  "sine of the angle between w and -grad L, near the origin the KKT residual of w/|w|"}),
       &Row::kkt_residual},
      {with_decay(
           {"/penalty", real, {"/time"}, "share of weight decay in the loss, sum lambda_l |W_l|^2 / 2"}),
       &Row::penalty},
      {with_margins({"/normalised_margin", real, {"/time"}, "least margin of a sample over |w|^degree"}),
       &Row::normalised_margin},
      {with_margins(
           {"/margin_kkt_residual",
            real,
            {"/time"},
            "KKT residual of the max-margin problem: the larger of the sine between w and -grad L and "
            "the excess of the margins over the least one, weighted by their multipliers"}),
       &Row::margin_kkt_residual},
      {with_test({"/test_loss", real, {"/time"}, "loss of the test set, mean over its samples"}),
       &Row::test_loss},
      {with_test_classes({"/test_error", real, {"/time"}, "share of the test set whose class is wrong"}),
       &Row::test_error},
      {with_modes({"/sliding_count",
                   integer,
                   {"/time"},
                   "pairs of neuron and sample whose pre-activation is held at zero"}),
       &Row::sliding_count},
      {with_modes(
           {"/dead_neurons",
            integer,
            {"/time"},
            "hidden neurons whose pre-activation is below zero at all samples, 0 unless the slope is"}),
       &Row::dead_neurons},
      {{"/time", real, {"/time"}, "flow time of every accepted step and of every snapshot"}, &Row::time},
  };
  return table;
}

template <>
const std::vector<Column<SnapshotRow>>& columns<SnapshotRow>() {
  using Row = SnapshotRow;
  const std::string axis = "/snapshot_time";
  static const std::vector<Column<Row>> table = {
      {{"/weights", real, {"/snapshot_time", "/parameter"}, "all weights"}, &Row::weights},
      {since_1_8({"/snapshot_row", integer, {axis}, "row of /time at the flow time of the snapshot"}),
       &Row::time_row},
      {{"/singular_values",
        real,
        {axis, "/singular_value"},
        "singular values of the weight matrices, layer after layer, descending"},
       &Row::singular_values},
      {{"/product_singular_values",
        real,
        {axis, "/product_singular_value"},
        "singular values of the end-to-end map, descending"},
       &Row::product_singular_values},
      {{"/effective_width",
        integer,
        {axis, "/hidden_layer"},
        "effective width of each hidden layer, see width_kind of /network"},
       &Row::effective_width},
      {{"/manifold_distance",
        real,
        {axis, "/manifold"},
        "distance of the weights to the invariant manifold, see manifold_kind of /network"},
       &Row::manifold_distance},
      {with_kkt({"/nearest_kkt",
                 integer,
                 {axis},
                 "row of /kkt with the KKT point that the weights are nearest to"}),
       &Row::nearest_kkt},
      {with_kkt({"/alignment", real, {axis}, "cosine between the weights and the nearest KKT point"}),
       &Row::alignment},
      {with_kkt({"/snapshot_kkt_residual",
                 real,
                 {axis},
                 "sine of the angle between w and -grad L, near the origin the KKT residual of w/|w|"}),
       &Row::kkt_residual},
      {with_kkt({"/neuron_alignment",
                 real,
                 {axis, "/neuron"},
                 "cosine between the weights of a neuron and those of its partner in the nearest KKT point"}),
       &Row::neuron_alignment},
      {with_kkt(
           {"/max_margin_alignment", real, {axis}, "cosine between the weights and those of /max_margin"}),
       &Row::max_margin_alignment},
      {{"/snapshot_time", real, {"/snapshot_time"}, "flow time of each stored weight vector"}, &Row::time},
  };
  return table;
}

template <>
const std::vector<Column<EventRow>>& columns<EventRow>() {
  using Row = EventRow;
  const std::string axis = "/events/event";
  static const std::vector<Column<Row>> table = {
      {{"/events/event_time", real, {axis}, "flow time of the event"}, &Row::time},
      {{"/events/kind", flag, {axis}, "kind of the event", FlagSet::event_kind}, &Row::kind},
      {{"/events/direction",
        flag,
        {axis},
        "way in which the event function crossed zero",
        FlagSet::direction},
       &Row::direction},
      {{"/events/value", real, {axis}, "the event's own figure"}, &Row::value},
      {{"/events/loss", real, {axis}, "training loss L(w) at the event"}, &Row::loss},
      {{"/events/gradient_norm", real, {axis}, "norm of the gradient at the event"}, &Row::gradient_norm},
      {{"/events/proximity", real, {axis}, "scale-free closeness to a critical point at the event"},
       &Row::proximity},
      {{"/events/lambda_min", real, {axis}, "smallest eigenvalue of the Hessian at the event"},
       &Row::lambda_min},
      {{"/events/lambda_max", real, {axis}, "largest eigenvalue of the Hessian at the event"},
       &Row::lambda_max},
      {{"/events/time_error", real, {axis}, "bound on the error of locating the event time"},
       &Row::time_error},
      {{"/events/snapshot", integer, {axis}, "row of /weights with the weights at the event, -1 for none"},
       &Row::snapshot},
      {since_1_1({"/events/log_time", real, {axis}, "natural logarithm of the flow time of the event"}),
       &Row::log_time},
      {since_1_1(
           {"/events/phase_time", real, {axis}, "flow time since the chart was last changed, at the event"}),
       &Row::phase_time},
      {{"/events/event", integer, {axis}, "number of the event"}, std::monostate{}},
  };
  return table;
}

template <>
const std::vector<Column<SaddleRow>>& columns<SaddleRow>() {
  using Row = SaddleRow;
  const std::string axis = "/saddles/saddle";
  static const std::vector<Column<Row>> table = {
      {{"/saddles/point", real, {axis, "/parameter"}, "weights at the closest approach"}, &Row::point},
      {{"/saddles/loss", real, {axis}, "training loss L(w) at the closest approach"}, &Row::loss},
      {{"/saddles/gradient_norm", real, {axis}, "norm of the gradient at the closest approach"},
       &Row::gradient_norm},
      {{"/saddles/proximity", real, {axis}, "scale-free closeness at the closest approach"}, &Row::proximity},
      {{"/saddles/newton_distance", real, {axis}, "distance to the critical point by one Newton step"},
       &Row::newton_distance},
      {{"/saddles/index_negative", integer, {axis}, "negative eigenvalues of the Hessian"},
       &Row::index_negative},
      {{"/saddles/index_zero", integer, {axis}, "eigenvalues of the Hessian that count as zero"},
       &Row::index_zero},
      {{"/saddles/index_positive", integer, {axis}, "positive eigenvalues of the Hessian"},
       &Row::index_positive},
      {{"/saddles/eigenvalues", real, {axis, "/saddles/eigenvalue"}, "eigenvalues of the Hessian, ascending"},
       &Row::eigenvalues},
      {since_1_7({"/saddles/depth", flag, {axis}, "how near the visit came", FlagSet::visit_depth}),
       &Row::depth},
      {{"/saddles/enter_time", real, {axis}, "flow time of entering the neighbourhood"}, &Row::enter_time},
      {{"/saddles/closest_time", real, {axis}, "flow time of the closest approach"}, &Row::closest_time},
      {{"/saddles/leave_time", real, {axis}, "flow time of leaving the neighbourhood"}, &Row::leave_time},
      {{"/saddles/saddle", integer, {axis}, "number of the visit"}, std::monostate{}},
  };
  return table;
}

template <>
const std::vector<Column<ModeChangeRow>>& columns<ModeChangeRow>() {
  using Row = ModeChangeRow;
  const std::vector<std::string> changes{"/mode_changes/change"};
  static const std::vector<Column<Row>> table = {
      {{"/mode_changes/change_time", real, changes, "flow time of the change"}, &Row::time},
      {{"/mode_changes/layer", integer, changes, "hidden layer of the neuron"}, &Row::layer},
      {{"/mode_changes/neuron", integer, changes, "row of /neuron"}, &Row::neuron},
      {{"/mode_changes/sample", integer, changes, "training sample"}, &Row::sample},
      {with_patches({"/mode_changes/patch", integer, changes, "patch of the sample that the neuron sees"}),
       &Row::patch},
      {{"/mode_changes/kind", flag, changes, "what the pre-activation does at zero", FlagSet::change_kind},
       &Row::kind},
      {{"/mode_changes/side", flag, changes, "where the pre-activation is after the change", FlagSet::side},
       &Row::side},
      {{"/mode_changes/log_time", real, changes, "natural logarithm of the flow time of the change"},
       &Row::log_time},
      {{"/mode_changes/phase_time", real, changes,
        "flow time since the chart was last changed, at the change"},
       &Row::phase_time},
      {{"/mode_changes/change", integer, changes, "number of the change"}, std::monostate{}},
  };
  return table;
}

const std::vector<FixedDataset>& fixed_datasets() {
  using D = RunDescription;
  const std::string test = "/problem/test_sample", stage = "/problem/stage", factor = "/problem/group_factor";
  static const std::vector<FixedDataset> table = {
      {{"/layer", integer, {"/layer"}, "layer of weights, from the input"}, std::monostate{}},
      {{"/neuron", integer, {"/neuron"}, "hidden neuron, layer after layer"}, std::monostate{}},
      {{"/parameter", integer, {"/parameter"}, "position in the weight vector"}, std::monostate{}},
      {{"/hidden_layer", integer, {"/hidden_layer"}, "hidden layer, from the input"}, std::monostate{}},
      {{"/singular_value", integer, {"/singular_value"}, "singular value, layer after layer"},
       std::monostate{}},
      {{"/product_singular_value",
        integer,
        {"/product_singular_value"},
        "position in the descending singular values of the end-to-end map"},
       std::monostate{}},
      {{"/manifold",
        integer,
        {"/manifold"},
        "invariant manifold, hidden layer after hidden layer, by effective width"},
       std::monostate{}},
      {{"/network/manifold_layer", integer, {"/manifold"}, "hidden layer, from the input"},
       &D::manifold_layer},
      {{"/network/manifold_width", integer, {"/manifold"}, "largest effective width on the manifold"},
       &D::manifold_width},
      {{"/network/singular_value_layer",
        integer,
        {"/singular_value"},
        "layer of weights that the singular value belongs to"},
       &D::singular_value_layer},
      {{"/network/parameter_layer", integer, {"/parameter"}, "layer of the parameter"}, &D::parameter_layer},
      {{"/network/parameter_row", integer, {"/parameter"}, "row of the parameter in its weight matrix"},
       &D::parameter_row},
      {{"/network/parameter_column", integer, {"/parameter"}, "column of the parameter in its weight matrix"},
       &D::parameter_column},
      {{"/network/neuron_layer", integer, {"/neuron"}, "layer of weights whose rows feed the neuron"},
       &D::neuron_layer},
      {{"/network/neuron_index", integer, {"/neuron"}, "row of the neuron in that layer"}, &D::neuron_index},
      {{"/problem/sample", integer, {"/problem/sample"}, "training sample"}, std::monostate{}},
      {{"/problem/input", integer, {"/problem/input"}, "input coordinate"}, std::monostate{}},
      {{"/problem/output", integer, {"/problem/output"}, "output of the network"}, std::monostate{}},
      {{"/problem/inputs", real, {"/problem/sample", "/problem/input"}, "training inputs"}, &D::inputs},
      {{"/problem/targets", real, {"/problem/sample", "/problem/output"}, "training targets"}, &D::targets},
      {with_test({"/problem/test_sample", integer, {test}, "test sample"}), std::monostate{}},
      {with_test({"/problem/test_inputs", real, {test, "/problem/input"}, "test inputs"}), &D::test_inputs},
      {with_test({"/problem/test_targets", real, {test, "/problem/output"}, "test targets"}),
       &D::test_targets},
      {with_stages({"/problem/stage", integer, {stage}, "predicted plateau of the loss"}), std::monostate{}},
      {with_stages({"/problem/group_factor", integer, {factor}, "cyclic group of which the group is made"}),
       std::monostate{}},
      {with_stages({"/problem/stage_loss", real, {stage}, "predicted training loss on the plateau"}),
       &D::stage_loss},
      {with_stages({"/problem/stage_frequency",
                    integer,
                    {stage, factor},
                    "frequency of the group that is learnt from the plateau"}),
       &D::stage_frequency},
      {with_stages({"/problem/stage_correlation",
                    real,
                    {stage},
                    "greatest correlation of a neuron of unit norm and this frequency with the targets"}),
       &D::stage_correlation},
      {{"/saddles/eigenvalue", integer, {"/saddles/eigenvalue"}, "position in the ascending spectrum"},
       std::monostate{}},
      {{"/catalogue/eigenvalue", integer, {"/catalogue/eigenvalue"}, "position in the ascending spectrum"},
       std::monostate{}},
  };
  return table;
}

const std::vector<std::string>& groups() {
  static const std::vector<std::string> names = {"/network", "/problem", "/events",
                                                 "/saddles", "/config",  "/run"};
  return names;
}

bool is_optional_axis(const std::string& path) {
  static const std::vector<std::string> optional = {
      "/saddles/eigenvalue",
      "/kkt/kkt_point",
      "/max_margin/point",
      "/max_margin/margin",
      "/catalogue/critical_point",
      "/catalogue/eigenvalue",
      "/escapes/escape",
      "/transitions/transition",
      "/mode_changes/change",
      "/rounds/round",
      "/problem/test_sample",
      "/skeleton/jump",
      "/sequences/sequence",
      "/stops/stop",
      "/stops/sample",
      "/stops/output",
      "/matches/match",
      "/flow_loss/row",
      "/singular_value",
      "/hidden_layer",
      "/manifold",
      "/product_singular_value",
      "/problem/stage",
      "/problem/group_factor",
  };
  return std::find(optional.begin(), optional.end(), path) != optional.end();
}

std::vector<AxisSpec> axes(const RunDescription& description) {
  const auto size = [](const auto& values) { return static_cast<std::int64_t>(values.size()); };
  std::vector<AxisSpec> all = {
      {"/layer", false, description.layer_count},
      {"/neuron", true, size(description.neuron_layer)},
      {"/parameter", true, size(description.parameter_layer)},
      {"/hidden_layer", false, description.hidden_layer_count},
      {"/singular_value", false, size(description.singular_value_layer)},
      {"/manifold", false, size(description.manifold_layer)},
      {"/product_singular_value", false, description.product_singular_value_count},
      {"/problem/sample", false, description.sample_count},
      {"/problem/test_sample", false, description.test_sample_count},
      {"/problem/stage", false, size(description.stage_loss)},
      {"/problem/group_factor", false, description.group_factor_count},
      {"/problem/input", false, description.input_count},
      {"/problem/output", false, description.output_count},
      {"/saddles/eigenvalue", false, description.eigenvalue_count},
  };
  for (const auto& stream : stream_specs()) {
    const std::string& path = stream.back().path;
    if (description.mode_changes || !is_optional_axis(path)) all.push_back({path, true, 0});
  }
  return all;
}

const std::vector<std::vector<DatasetSpec>>& stream_specs() {
  static const std::vector<std::vector<DatasetSpec>> specs{specs_of<TimeRow>(), specs_of<SnapshotRow>(),
                                                           specs_of<EventRow>(), specs_of<SaddleRow>(),
                                                           specs_of<ModeChangeRow>()};
  return specs;
}

namespace {

std::vector<DatasetSpec> specs_of_all_tables() {
  std::vector<DatasetSpec> all;
  const auto add = [&all](const std::vector<DatasetSpec>& specs) {
    all.insert(all.end(), specs.begin(), specs.end());
  };
  for (const FixedDataset& dataset : fixed_datasets()) all.push_back(dataset.spec);
  for (const auto& stream : stream_specs()) add(stream);
  add(specs_of<KktRow>());
  add(specs_of<MaxMarginRow>());
  add(specs_of<MarginRow>());
  add(saddle_record_specs());
  add(specs_of<RoundRow>());
  add(skeleton_specs());
  return all;
}

}  // namespace

const std::vector<DatasetSpec>& all_specs() {
  static const std::vector<DatasetSpec> all = specs_of_all_tables();
  return all;
}

namespace {

template <NamedEnum E>
FlagMeanings meanings_of() {
  FlagMeanings meanings;
  for (const NamedValue<E>& row : enum_table<E>.rows) {
    meanings.values.push_back(static_cast<std::int8_t>(row.flag));
    meanings.names.emplace_back(row.name);
  }
  return meanings;
}

FlagMeanings numbered(const std::vector<std::string>& names) {
  FlagMeanings meanings{std::vector<std::int8_t>(names.size()), names};
  std::iota(meanings.values.begin(), meanings.values.end(), std::int8_t{0});
  return meanings;
}

}  // namespace

FlagMeanings flag_meanings(FlagSet set, const RunDescription& description) {
  switch (set) {
    case FlagSet::none:
      break;
    case FlagSet::stepper:
      return numbered(description.stepper_names);
    case FlagSet::event_kind:
      return numbered(description.event_kinds);
    case FlagSet::truth:
      return numbered({"no", "yes"});
    case FlagSet::direction:
      return meanings_of<CrossingKind>();
    case FlagSet::chart:
      return meanings_of<ChartKind>();
    case FlagSet::order:
      return meanings_of<SecondOrderStatus>();
    case FlagSet::verdict:
      return meanings_of<Verdict>();
    case FlagSet::critical_kind:
      return meanings_of<CriticalKind>();
    case FlagSet::escape_kind:
      return meanings_of<EscapeKind>();
    case FlagSet::change_kind:
      return meanings_of<ModeChangeKind>();
    case FlagSet::side:
      return meanings_of<Side>();
    case FlagSet::round_stop:
      return meanings_of<RoundStop>();
    case FlagSet::visit_depth:
      return meanings_of<VisitDepth>();
    case FlagSet::sequence_kind:
      return meanings_of<SequenceKind>();
    case FlagSet::absence:
      return meanings_of<AbsenceKind>();
  }
  return {};
}

}  // namespace saddleflow::archive
