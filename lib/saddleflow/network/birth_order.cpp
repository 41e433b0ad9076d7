#include "saddleflow/network/birth_order.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <utility>

#include "saddleflow/base/error.hpp"

namespace saddleflow {

namespace {

using Shapes = std::vector<std::pair<Index, Index>>;

/// The smallest matrices that hold the first `count` places.
Shapes shapes_around(const std::vector<ParameterPlace>& places, Index count) {
  Shapes shapes;
  for (Index i = 0; i < count; ++i) {
    const ParameterPlace& place = places[static_cast<std::size_t>(i)];
    const auto layer = static_cast<std::size_t>(place.layer);
    if (shapes.size() <= layer) shapes.resize(layer + 1);
    shapes[layer].first = std::max(shapes[layer].first, place.row + 1);
    shapes[layer].second = std::max(shapes[layer].second, place.column + 1);
  }
  return shapes;
}

/// As many entries as places, and every matrix takes what the one before emits.
bool is_network(const Shapes& shapes, Index count) {
  Index entries = 0;
  for (const auto& [rows, columns] : shapes) {
    if (rows == 0 || columns > count / rows) return false;
    entries += rows * columns;
  }
  for (std::size_t l = 1; l < shapes.size(); ++l)
    if (shapes[l].second != shapes[l - 1].first) return false;
  return entries == count;
}

Index canonical_position(const Layout& layout, const ParameterPlace& place) {
  const LayerShape& shape = layout.layer(place.layer);
  return shape.offset + place.column * shape.rows + place.row;
}

bool is_hidden_layer(int layer, int layer_count) { return layer + 1 < layer_count || layer_count == 1; }

void require_places(const std::vector<std::int64_t>& layers, const std::vector<std::int64_t>& rows,
                    const std::vector<std::int64_t>& columns) {
  if (rows.size() != layers.size() || columns.size() != layers.size())
    throw InputError(
        fmt::format("places of parameters: found {} layers, {} rows and {} columns, expected one length",
                    layers.size(), rows.size(), columns.size()));
  const auto limit = static_cast<std::int64_t>(layers.size());
  const auto fits = [limit](std::int64_t value) { return value >= 0 && value < limit; };
  for (std::size_t i = 0; i < layers.size(); ++i) {
    if (!fits(layers[i]) || !fits(rows[i]) || !fits(columns[i]))
      throw InputError(fmt::format("place of parameter {}: found layer {}, row {}, column {} among {}", i,
                                   layers[i], rows[i], columns[i], limit));
  }
}

}  // namespace

BirthOrder::BirthOrder(const Layout& first) {
  for (Index i = 0; i < first.size(); ++i) places_.push_back(first.place(i));
}

BirthOrder::BirthOrder(const std::vector<std::int64_t>& layers, const std::vector<std::int64_t>& rows,
                       const std::vector<std::int64_t>& columns) {
  require_places(layers, rows, columns);
  for (std::size_t i = 0; i < layers.size(); ++i)
    places_.push_back({static_cast<int>(layers[i]), rows[i], columns[i]});
  const Layout whole = layout();
  std::vector<bool> taken(places_.size());
  for (const ParameterPlace& place : places_) {
    const auto at = static_cast<std::size_t>(canonical_position(whole, place));
    if (taken[at])
      throw InputError(fmt::format("places of parameters: two at layer {}, row {}, column {}", place.layer,
                                   place.row, place.column));
    taken[at] = true;
  }
}

void BirthOrder::append_neuron(int layer) {
  const Layout before = layout();
  const int layers = before.layer_count();
  if (layer < 0 || layer >= layers || !is_hidden_layer(layer, layers))
    throw InputError(
        fmt::format("a neuron in layer {}: expected a hidden layer of {} layers of weights", layer, layers));
  const LayerShape& in = before.layer(layer);
  for (Index column = 0; column < in.cols; ++column) places_.push_back({layer, in.rows, column});
  if (layer + 1 == layers) return;
  const LayerShape& out = before.layer(layer + 1);
  for (Index row = 0; row < out.rows; ++row) places_.push_back({layer + 1, row, out.cols});
}

std::vector<ParameterPlace> BirthOrder::neurons() const {
  const int layers = layout().layer_count();
  std::vector<ParameterPlace> born;
  std::vector<Index> known(static_cast<std::size_t>(layers), 0);
  for (const ParameterPlace& place : places_) {
    Index& rows = known[static_cast<std::size_t>(place.layer)];
    if (place.row < rows || !is_hidden_layer(place.layer, layers)) continue;
    born.push_back({place.layer, place.row, 0});
    rows = place.row + 1;
  }
  return born;
}

Layout BirthOrder::layout(Index parameters) const {
  if (parameters < 1 || parameters > size())
    throw InputError(fmt::format("{} parameters: expected 1 to {}", parameters, size()));
  const Shapes shapes = shapes_around(places_, parameters);
  // A network has all its layers from the start.
  const auto is_later = [&](const ParameterPlace& p) { return std::ssize(shapes) <= p.layer; };
  if (!is_network(shapes, parameters) || std::any_of(places_.begin(), places_.end(), is_later))
    throw InputError(fmt::format("the first {} of {} parameters are no whole network", parameters, size()));
  return Layout(shapes);
}

Index BirthOrder::born(const std::vector<double>& row) const {
  const auto last = std::find_if(row.rbegin(), row.rend(), [](double weight) { return !std::isnan(weight); });
  return static_cast<Index>(row.rend() - last);
}

Vector BirthOrder::canonical(const Vector& born) const {
  const Layout order = layout(born.size());
  Vector w(born.size());
  for (Index i = 0; i < born.size(); ++i)
    w[canonical_position(order, places_[static_cast<std::size_t>(i)])] = born[i];
  return w;
}

Vector BirthOrder::by_birth(const Vector& canonical) const {
  const Layout order = layout(canonical.size());
  Vector w(canonical.size());
  for (Index i = 0; i < canonical.size(); ++i)
    w[i] = canonical[canonical_position(order, places_[static_cast<std::size_t>(i)])];
  return w;
}

}  // namespace saddleflow
