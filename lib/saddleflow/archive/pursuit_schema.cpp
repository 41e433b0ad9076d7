// The table of /rounds.
#include "saddleflow/archive/schema.hpp"

namespace saddleflow::archive {

namespace {

using enum Kind;

std::vector<Column<RoundRow>> with_rounds(std::vector<Column<RoundRow>> table) {
  for (Column<RoundRow>& column : table) column.spec.presence = Presence::with_rounds;
  return table;
}

}  // namespace

template <>
const std::vector<Column<RoundRow>>& columns<RoundRow>() {
  using Row = RoundRow;
  const std::string axis = "/rounds/round";
  const std::vector<std::string> rounds{axis}, layers{axis, "/layer"};
  static const std::vector<Column<Row>> table = with_rounds({
      {{"/rounds/loss_before", real, rounds, "training loss L(w) at the point before the round"},
       &Row::loss_before},
      {{"/rounds/loss_start", real, rounds, "training loss just after the new neurons were appended"},
       &Row::loss_start},
      {{"/rounds/loss_after", real, rounds, "training loss at the point reached"}, &Row::loss_after},
      {{"/rounds/added_layer", integer, rounds, "hidden layer that has grown, -1 for all of them"},
       &Row::added_layer},
      {{"/rounds/added_neurons", integer, rounds, "neurons added"}, &Row::added_neurons},
      {{"/rounds/value", real, rounds,
        "correlation function N on the unit sphere, at the direction that the new neurons were given"},
       &Row::value},
      {{"/rounds/kkt_residual", real, rounds, "|grad N(u) - D N(u) u| / |grad N(u)| of that direction"},
       &Row::kkt_residual},
      {{"/rounds/basin_share", real, rounds, "share of the random starts of the search that end there"},
       &Row::basin_share},
      {{"/rounds/kind", flag, rounds, "kind of the point reached", FlagSet::critical_kind}, &Row::kind},
      {{"/rounds/gradient_norm", real, rounds, "norm of the gradient there"}, &Row::gradient_norm},
      {{"/rounds/relative_gradient", real, rounds, "|grad L| / (|Hess L| |w|)"}, &Row::relative_gradient},
      {{"/rounds/index_negative", integer, rounds, "negative eigenvalues of the Hessian"},
       &Row::index_negative},
      {{"/rounds/index_zero_explained", integer, rounds,
        "zero eigenvalues that symmetry or neurons at zero force"},
       &Row::index_zero_explained},
      {{"/rounds/index_zero_unexplained", integer, rounds, "zero eigenvalues beyond those"},
       &Row::index_zero_unexplained},
      {{"/rounds/index_positive", integer, rounds, "positive eigenvalues of the Hessian"},
       &Row::index_positive},
      {{"/rounds/eigenvalue_gap", real, rounds,
        "smallest |eigenvalue| that counts as not zero over the largest that counts as zero"},
       &Row::eigenvalue_gap},
      {{"/rounds/lambda_min", real, rounds, "smallest eigenvalue of the Hessian"}, &Row::lambda_min},
      {{"/rounds/neurons", integer, layers, "hidden neurons of each layer"}, &Row::neurons},
      {{"/rounds/active_neurons", integer, layers, "hidden neurons of each layer that are not zero"},
       &Row::active_neurons},
      {{"/rounds/next_value", real, rounds,
        "greatest N of a further neuron on the unit sphere, found at the point reached"},
       &Row::next_value},
      {{"/rounds/test_loss", real, rounds, "loss on the test set at the point reached"}, &Row::test_loss},
      {{"/rounds/test_error", real, rounds, "error on the test set at the point reached"}, &Row::test_error},
      {{"/rounds/flow_time", real, rounds, "flow time spent in the round"}, &Row::flow_time},
      {{"/rounds/stop", flag, rounds, "why the flow of the round ended", FlagSet::round_stop}, &Row::stop},
      {{"/rounds/first_time", integer, rounds, "row of /time with which the round begins, -1 for none"},
       &Row::first_time},
      {{"/rounds/snapshot_start", integer, rounds,
        "row of /weights just after the new neurons were appended, -1 for none"},
       &Row::snapshot_start},
      {{"/rounds/snapshot", integer, rounds, "row of /weights with the point reached, -1 for none"},
       &Row::snapshot},
      {{"/rounds/gradients", integer, rounds, "gradients computed"}, &Row::gradients},
      {{"/rounds/hessian_vectors", integer, rounds, "products with the Hessian computed"},
       &Row::hessian_vectors},
      {{"/rounds/hessians", integer, rounds, "Hessians computed"}, &Row::hessians},
      {{"/rounds/round", integer, rounds, "number of the round"}, std::monostate{}},
  });
  return table;
}

}  // namespace saddleflow::archive
