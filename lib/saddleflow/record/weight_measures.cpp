#include "saddleflow/record/weight_measures.hpp"

#include <algorithm>

#include "saddleflow/base/decompositions.hpp"
#include "saddleflow/base/to_doubles.hpp"
#include "saddleflow/network/effective_width.hpp"
#include "saddleflow/symmetry/invariant_manifold.hpp"

namespace saddleflow {

void describe_weight_measures(const Network& network, archive::RunDescription& description) {
  description.singular_value_layer.clear();
  for (const int l : network.weight_matrices()) {
    const LayerShape& shape = network.layout().layer(l);
    description.singular_value_layer.insert(description.singular_value_layer.end(),
                                            static_cast<std::size_t>(std::min(shape.rows, shape.cols)), l);
  }
  const std::optional<Matrix> map = network.end_to_end_map(Vector::Zero(network.parameter_count()));
  description.product_singular_value_count = map ? std::min(map->rows(), map->cols()) : 0;
  description.hidden_layer_count = network.hidden_layer_count();
  description.width_kind = network.neurons().empty() ? "" : name_of(width_kind(network));
}

void put_weight_measures(const Network& network, const Vector& w, archive::SnapshotRow& row) {
  row.singular_values.clear();
  for (const int l : network.weight_matrices()) {
    const std::vector<double> values = to_doubles(singular_values(network.layout().matrix(w, l)));
    row.singular_values.insert(row.singular_values.end(), values.begin(), values.end());
  }
  row.product_singular_values.clear();
  if (const std::optional<Matrix> map = network.end_to_end_map(w))
    row.product_singular_values = to_doubles(singular_values(*map));
  row.effective_width = effective_widths(network, w);
}

bool records_distances(const Network& network, RecordedDistances asked) {
  if (asked == RecordedDistances::never || !has_invariant_manifolds(network)) return false;
  const auto is_small = [](Index width) { return width <= kSmallWidth; };
  return asked == RecordedDistances::always || std::ranges::all_of(hidden_widths(network), is_small);
}

void describe_distances(const Network& network, archive::RunDescription& description) {
  description.manifold_kind = name_of(manifold_kind(network));
  description.manifold_layer.clear();
  description.manifold_width.clear();
  const std::vector<Index> widths = hidden_widths(network);
  for (std::size_t l = 0; l < widths.size(); ++l)
    for (Index h = 0; h < widths[l]; ++h) {
      description.manifold_layer.push_back(static_cast<std::int64_t>(l));
      description.manifold_width.push_back(h);
    }
}

void put_distances(const Network& network, const Vector& w, archive::SnapshotRow& row) {
  row.manifold_distance.clear();
  for (int l = 0; l < network.hidden_layer_count(); ++l) {
    const std::vector<double> distances = to_doubles(manifold_distances(network, w, l));
    row.manifold_distance.insert(row.manifold_distance.end(), distances.begin(), distances.end() - 1);
  }
}

}  // namespace saddleflow
