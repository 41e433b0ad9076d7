// The tables of /catalogue, /escapes and /transitions, and what /saddles holds beside the run's own record.
#include "saddleflow/archive/schema.hpp"

namespace saddleflow::archive {

namespace {

using enum Kind;

/// Of a dataset that was called otherwise before format 1.6.
template <class Row>
Column<Row> formerly(const std::string& name, Column<Row> column) {
  const std::string& path = column.spec.path;
  column.spec.former_path = path.substr(0, path.rfind('/') + 1) + name;
  return column;
}

template <class Row>
Column<Row> since_1_4(Column<Row> column) {
  column.spec.presence = Presence::since_1_4;
  return column;
}

template <class Row>
Column<Row> since_1_9(Column<Row> column) {
  column.spec.presence = Presence::since_1_9;
  return column;
}

std::vector<Column<VisitRow>> added_later(std::vector<Column<VisitRow>> table) {
  for (Column<VisitRow>& column : table) column.spec.presence = Presence::with_saddles;
  return table;
}

}  // namespace

template <>
const std::vector<Column<CriticalPointRow>>& columns<CriticalPointRow>() {
  using Row = CriticalPointRow;
  const std::string axis = "/catalogue/critical_point";
  const std::vector<std::string> points{axis};
  static const std::vector<Column<Row>> table = {
      {{"/catalogue/point", real, {axis, "/parameter"}, "weights of the critical point"}, &Row::point},
      {{"/catalogue/kind", flag, points, "kind of the critical point", FlagSet::critical_kind}, &Row::kind},
      {{"/catalogue/loss", real, points, "training loss L(w) there"}, &Row::loss},
      {{"/catalogue/gradient_norm", real, points, "norm of the gradient there"}, &Row::gradient_norm},
      {{"/catalogue/relative_gradient", real, points, "|grad L| / (|Hess L| |w|)"}, &Row::relative_gradient},
      {{"/catalogue/index_negative", integer, points, "negative eigenvalues of the Hessian"},
       &Row::index_negative},
      {{"/catalogue/index_zero_explained", integer, points,
        "zero eigenvalues that symmetry or neurons at zero force"},
       &Row::index_zero_explained},
      {{"/catalogue/index_zero_unexplained", integer, points, "zero eigenvalues beyond those"},
       &Row::index_zero_unexplained},
      {{"/catalogue/index_positive", integer, points, "positive eigenvalues of the Hessian"},
       &Row::index_positive},
      formerly<Row>("zero_rescaling", {{"/catalogue/explained_rescaling", integer, points,
                                        "zero modes from the rescaling of neurons"},
                                       &Row::explained_rescaling}),
      formerly<Row>("zero_linear_layers", {{"/catalogue/explained_linear_layers", integer, points,
                                            "zero modes from rotations of linear layers"},
                                           &Row::explained_linear_layers}),
      formerly<Row>("zero_dead_neurons",
                    {{"/catalogue/explained_zero_neurons", integer, points,
                      "zero modes from neurons whose weights, or those on one side of it, are zero"},
                     &Row::explained_zero_neurons}),
      formerly<Row>("zero_inactive_neurons",
                    {{"/catalogue/explained_dead_neurons", integer, points,
                      "zero modes from neurons that no sample activates, or that feed such ones only"},
                     &Row::explained_dead_neurons}),
      {{"/catalogue/eigenvalue_gap", real, points,
        "smallest |eigenvalue| that counts as not zero over the largest that counts as zero"},
       &Row::eigenvalue_gap},
      {{"/catalogue/eigenvalues",
        real,
        {axis, "/catalogue/eigenvalue"},
        "eigenvalues of the Hessian, ascending: all, or both ends"},
       &Row::eigenvalues},
      {{"/catalogue/eigenvalue_error", real, points, "largest residual bound of the eigenvalues"},
       &Row::eigenvalue_error},
      {{"/catalogue/active_neurons",
        integer,
        {axis, "/layer"},
        "hidden neurons of each layer that are not zero"},
       &Row::active_neurons},
      {{"/catalogue/zero_neuron", flag, {axis, "/neuron"}, "whether the neuron is zero", FlagSet::verdict},
       &Row::zero_neuron},
      formerly<Row>("sleeping_threshold", {{"/catalogue/inactive_threshold", real, points,
                                            "norm below which neurons were taken as zero"},
                                           &Row::inactive_threshold}),
      formerly<Row>("sleeping_gap",
                    {{"/catalogue/inactive_gap", real, points,
                      "smallest norm of a neuron above that threshold over the largest below it"},
                     &Row::inactive_gap}),
      since_1_4<Row>({{"/catalogue/kink_count", integer, points,
                       "pairs of neuron and sample whose pre-activation is held at zero"},
                      &Row::kink_count}),
      since_1_4<Row>({{"/catalogue/clarke_residual", real, points,
                       "smallest gradient with any slopes at these kinks, relative to its bound"},
                      &Row::clarke_residual}),
      since_1_4<Row>({{"/catalogue/directional_derivative", real, points,
                       "least one-sided derivative of the loss found off these kinks"},
                      &Row::directional_derivative}),
      since_1_9<Row>({{"/catalogue/effective_width",
                       integer,
                       {axis, "/layer"},
                       "effective width of the hidden layer that each layer feeds"},
                      &Row::effective_width}),
      since_1_9<Row>(
          {{"/catalogue/same_function", integer, points,
            "row of the narrowest point with the same outputs on the data, -1 where no other has them"},
           &Row::same_function}),
      {{"/catalogue/visits", integer, points, "visits by trajectories"}, &Row::visits},
      {{"/catalogue/critical_point", integer, points, "number of the critical point"}, std::monostate{}},
  };
  return table;
}

template <>
const std::vector<Column<EscapeRow>>& columns<EscapeRow>() {
  using Row = EscapeRow;
  const std::string axis = "/escapes/escape";
  const std::vector<std::string> escapes{axis};
  static const std::vector<Column<Row>> table = {
      {{"/escapes/critical_point", integer, escapes, "row of /catalogue that is left"}, &Row::critical_point},
      {{"/escapes/kind", flag, escapes,
        "what the direction is: an eigenvector, a KKT point of the correlation function there, or off a kink",
        FlagSet::escape_kind},
       &Row::kind},
      {{"/escapes/value", real, escapes,
        "minus the eigenvalue, the value of the correlation function, or minus the derivative"},
       &Row::value},
      {{"/escapes/degree", integer, escapes,
        "degree of the growth: 2 exponential, more blows up, 1 at a finite speed"},
       &Row::degree},
      {{"/escapes/layer", integer, escapes, "hidden layer of the neuron that grows, -1 for an eigenvector"},
       &Row::layer},
      {{"/escapes/neuron", integer, escapes, "row of /neuron that grows, -1 for an eigenvector"},
       &Row::neuron},
      {{"/escapes/basin_share", real, escapes,
        "share of the random directions of such a neuron that end here"},
       &Row::basin_share},
      {{"/escapes/direction", real, {axis, "/parameter"}, "unit vector"}, &Row::direction},
      {{"/escapes/to_plus", integer, escapes,
        "row of /catalogue that the unstable manifold along the direction leads to, -1 for none"},
       &Row::to_plus},
      {{"/escapes/to_minus", integer, escapes,
        "row of /catalogue that the unstable manifold against the direction leads to, -1 for none"},
       &Row::to_minus},
      {{"/escapes/escape", integer, escapes, "number of the escape direction"}, std::monostate{}},
  };
  return table;
}

template <>
const std::vector<Column<VisitRow>>& columns<VisitRow>() {
  using Row = VisitRow;
  const std::string axis = "/saddles/saddle";
  const std::vector<std::string> visits{axis};
  static const std::vector<Column<Row>> table = added_later({
      {{"/saddles/run", integer, visits, "number of the run, in the attribute runs of /saddles"}, &Row::run},
      {{"/saddles/critical_point", integer, visits, "row of /catalogue that was visited"},
       &Row::critical_point},
      {{"/saddles/closest_distance", real, visits,
        "distance of the closest approach to the critical point, over the norm of the point"},
       &Row::closest_distance},
      {{"/saddles/index_zero_explained", integer, visits,
        "zero eigenvalues that symmetry or neurons at zero force"},
       &Row::index_zero_explained},
      {{"/saddles/index_zero_unexplained", integer, visits, "zero eigenvalues beyond those"},
       &Row::index_zero_unexplained},
      {{"/saddles/eigenvalue_gap", real, visits,
        "smallest |eigenvalue| that counts as not zero over the largest that counts as zero"},
       &Row::eigenvalue_gap},
      {{"/saddles/active_neurons",
        integer,
        {axis, "/layer"},
        "hidden neurons of each layer that are not zero at the critical point"},
       &Row::active_neurons},
      {{"/saddles/escape_direction",
        real,
        {axis, "/parameter"},
        "unit vector from the critical point to the weights at the exit"},
       &Row::escape_direction},
      {{"/saddles/escape", integer, visits, "row of /escapes that the exit follows most closely"},
       &Row::escape},
      {{"/saddles/exit_overlap", real, visits, "cosine between the exit and that escape direction"},
       &Row::exit_overlap},
      {{"/saddles/predicted_layer", integer, visits, "hidden layer of the neuron that should leave first"},
       &Row::predicted_layer},
      {{"/saddles/predicted_neuron", integer, visits, "row of /neuron that should leave first"},
       &Row::predicted_neuron},
      {{"/saddles/left_layer", integer, visits, "hidden layer of the neuron that left first"},
       &Row::left_layer},
      {{"/saddles/left_neuron", integer, visits, "row of /neuron that left first"}, &Row::left_neuron},
      {{"/saddles/predicted_leave_time", real, visits, "flow time at which it should leave"},
       &Row::predicted_leave_time},
      {{"/saddles/pattern_preserved", flag, visits,
        "whether the neurons small at the last exit are zero at this critical point", FlagSet::verdict},
       &Row::pattern_preserved},
      {{"/saddles/small_norm", real, visits,
        "norm of the weights of the zero neurons at the closest approach"},
       &Row::small_norm},
      {{"/saddles/small_alignment", real, visits,
        "cosine between the weights of the zero neurons at the exit and the KKT points nearest to them"},
       &Row::small_alignment},
      {{"/saddles/kept_drift", real, visits,
        "distance of the other neurons' weights from the critical point"},
       &Row::kept_drift},
  });
  return table;
}

template <>
const std::vector<Column<TransitionRow>>& columns<TransitionRow>() {
  using Row = TransitionRow;
  const std::vector<std::string> transitions{"/transitions/transition"};
  static const std::vector<Column<Row>> table = {
      {{"/transitions/from", integer, transitions, "row of /catalogue that is left"}, &Row::from},
      {{"/transitions/to", integer, transitions, "row of /catalogue that comes next"}, &Row::to},
      {{"/transitions/trajectories", integer, transitions, "trajectories that went this way"},
       &Row::trajectories},
      {{"/transitions/escape", integer, transitions,
        "row of /escapes whose unstable manifold goes this way, -1 for none"},
       &Row::escape},
      {{"/transitions/transition", integer, transitions, "number of the transition"}, std::monostate{}},
  };
  return table;
}

std::vector<DatasetSpec> saddle_record_specs() {
  std::vector<DatasetSpec> all = specs_of<CriticalPointRow>();
  const auto add = [&](const std::vector<DatasetSpec>& specs) {
    all.insert(all.end(), specs.begin(), specs.end());
  };
  add(specs_of<EscapeRow>());
  add(specs_of<VisitRow>());
  add(specs_of<TransitionRow>());
  for (const FixedDataset& fixed : fixed_datasets())
    if (fixed.spec.path == "/catalogue/eigenvalue") all.push_back(fixed.spec);
  return all;
}

}  // namespace saddleflow::archive
