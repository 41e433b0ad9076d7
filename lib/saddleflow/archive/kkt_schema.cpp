// The tables of /kkt.
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

}  // namespace saddleflow::archive
