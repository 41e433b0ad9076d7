// The tables of /kkt and /max_margin.
#include "saddleflow/archive/schema.hpp"

namespace saddleflow::archive {

using enum Kind;

template <>
const std::vector<Column<KktRow>>& columns<KktRow>() {
  using Row = KktRow;
  const std::string axis = "/kkt/kkt_point";
  const std::vector<std::string> points{axis}, layers{axis, "/layer"};
  static const std::vector<Column<Row>> table = {
      {{"/kkt/direction", real, {axis, "/parameter"}, "unit vector u with grad N(u) = D N(u) u"},
       &Row::direction},
      {{"/kkt/value", real, points, "correlation function N(u)"}, &Row::value},
      {{"/kkt/residual", real, points, "|grad N(u) - D N(u) u| / |grad N(u)|"}, &Row::residual},
      {{"/kkt/second_order_gap", real, points,
        "smallest eigenvalue of D N I - Hess N on the sphere, without zero modes that symmetry forces"},
       &Row::second_order_gap},
      {{"/kkt/second_order_status", flag, points,
        "kind of the KKT point on the sphere, by its second derivatives", FlagSet::order},
       &Row::second_order_status},
      {{"/kkt/negative", integer, points, "negative eigenvalues of D N I - Hess N on the sphere"},
       &Row::negative},
      {{"/kkt/zero_explained", integer, points, "zero eigenvalues that symmetry forces"},
       &Row::zero_explained},
      {{"/kkt/zero_unexplained", integer, points, "zero eigenvalues beyond those: a family of KKT points"},
       &Row::zero_unexplained},
      {{"/kkt/positive", integer, points, "positive eigenvalues of D N I - Hess N on the sphere"},
       &Row::positive},
      {{"/kkt/basin_share", real, points, "share of the random starts whose flow on the sphere ends here"},
       &Row::basin_share},
      {{"/kkt/starts", integer, points, "random starts that end here"}, &Row::starts},
      {{"/kkt/layer_share", real, layers, "square of the norm of each layer"}, &Row::layer_share},
      {{"/kkt/rank_one_residual", real, layers,
        "second over first singular value of each layer, zero where it has rank one"},
       &Row::rank_one_residual},
      {{"/kkt/active_neurons", integer, layers, "hidden neurons of each layer that are not zero"},
       &Row::active_neurons},
      {{"/kkt/rank_one", flag, points, "whether all layers have rank one", FlagSet::verdict}, &Row::rank_one},
      {{"/kkt/scalar_kkt", flag, points, "whether the first layer solves the problem of a single neuron",
        FlagSet::verdict},
       &Row::scalar_kkt},
      {{"/kkt/one_sign", flag, layers, "whether the layer's left factor has one sign", FlagSet::verdict},
       &Row::one_sign},
      {{"/kkt/equal_magnitude", flag, layers,
        "whether the non-zero entries of the layer's left factor are equal in size", FlagSet::verdict},
       &Row::equal_magnitude},
      {{"/kkt/aligned", flag, layers,
        "whether the next layer's right factor is parallel to what this layer emits", FlagSet::verdict},
       &Row::aligned},
      {{"/kkt/clarke_residual", real, points,
        "distance of D N u to the subdifferential over the norm of its nearest element, for kinked "
        "activations"},
       &Row::clarke_residual},
      {{"/kkt/passes", flag, points, "whether all that must hold at a KKT point does", FlagSet::truth},
       &Row::passes},
      {{"/kkt/null", flag, points, "whether the gradient of N vanishes too", FlagSet::truth}, &Row::null},
      {{"/kkt/kkt_point", integer, points, "number of the KKT point, highest value first"}, std::monostate{}},
  };
  return table;
}

template <>
const std::vector<Column<MaxMarginRow>>& columns<MaxMarginRow>() {
  using Row = MaxMarginRow;
  const std::string axis = "/max_margin/point";
  const std::vector<std::string> point{axis};
  static const std::vector<Column<Row>> table = {
      {{"/max_margin/weights",
        real,
        {axis, "/parameter"},
        "KKT point of the max-margin problem, least margin 1"},
       &Row::weights},
      {{"/max_margin/normalised_margin", real, point, "least margin over |w|^degree"},
       &Row::normalised_margin},
      {{"/max_margin/stationarity", real, point, "|w - sum of multipliers times gradients of margins| / |w|"},
       &Row::stationarity},
      {{"/max_margin/violation", real, point,
        "by how much a margin is below 1 or a multiplier, over their sum, below 0"},
       &Row::violation},
      {{"/max_margin/support_vectors", integer, point, "margins with a positive multiplier"},
       &Row::support_vectors},
      {{"/max_margin/converged", flag, point, "whether all that must hold at a KKT point does",
        FlagSet::truth},
       &Row::converged},
      {{"/max_margin/angle", real, point, "angle in radians between the last weights and the point"},
       &Row::angle},
      {{"/max_margin/exponent", real, point, "exponent of ln t in the angle, over the second half of ln t"},
       &Row::exponent},
      {{"/max_margin/approached", flag, point, "whether the angle falls as it does on the way to the point",
        FlagSet::truth},
       &Row::approached},
      {{"/max_margin/point", integer, point, "number of the point"}, std::monostate{}},
  };
  return table;
}

template <>
const std::vector<Column<MarginRow>>& columns<MarginRow>() {
  using Row = MarginRow;
  const std::vector<std::string> margins{"/max_margin/margin"};
  static const std::vector<Column<Row>> table = {
      {{"/max_margin/sample", integer, margins, "sample of the margin"}, &Row::sample},
      {{"/max_margin/row", integer, margins,
        "which margin of the sample: the output, or with classes the wrong classes in turn"},
       &Row::row},
      {{"/max_margin/value", real, margins, "the margin"}, &Row::value},
      {{"/max_margin/multiplier", real, margins, "its multiplier, positive for support vectors"},
       &Row::multiplier},
      {{"/max_margin/margin", integer, margins, "number of the margin"}, std::monostate{}},
  };
  return table;
}

}  // namespace saddleflow::archive
