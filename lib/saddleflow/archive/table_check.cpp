#include "saddleflow/archive/table_check.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include "saddleflow/archive/commit.hpp"
#include "saddleflow/archive/hdf5/dataset.hpp"
#include "saddleflow/archive/schema.hpp"
#include "saddleflow/base/error.hpp"

namespace saddleflow::archive {
namespace {

/// Scales of tables whose rows are committed by them: while they are written, columns differ in length.
const std::set<std::string>& row_axes() {
  static const std::set<std::string> axes = [] {
    std::set<std::string> found;
    for (const auto& stream : stream_specs()) found.insert(stream.back().path);
    for (const auto* table :
         {&specs_of<KktRow>(), &specs_of<MaxMarginRow>(), &specs_of<MarginRow>(),
          &specs_of<CriticalPointRow>(), &specs_of<EscapeRow>(), &specs_of<TransitionRow>(),
          &specs_of<RoundRow>(), &specs_of<JumpRow>(), &specs_of<SequenceRow>(), &specs_of<StopRow>(),
          &specs_of<MatchRow>(), &specs_of<FlowLossRow>()})
      found.insert(table->back().path);
    return found;
  }();
  return axes;
}

/// Looks up the extents of scales once.
class DatasetCheck {
 public:
  explicit DatasetCheck(hid_t file) : file_(file), name_(hdf5::file_name(file)) {}

  void check(const DatasetSpec& spec) {
    const hdf5::Handle dataset = hdf5::open_dataset(file_, path_in(file_, spec));
    const std::vector<std::int64_t> shape = hdf5::shape(dataset);
    if (shape.size() != spec.axes.size())
      throw InputError(
          fmt::format("{}: {}: {} axes, expected {}", name_, spec.path, shape.size(), spec.axes.size()));
    const bool real = spec.kind == Kind::real;
    if (real ? !hdf5::holds_floats(dataset) : !hdf5::holds_integers(dataset))
      throw InputError(fmt::format("{}: {}: another type of data found, expected {}", name_, spec.path,
                                   real ? "floating-point numbers" : "integers"));
    for (std::size_t k = 0; k < shape.size(); ++k) check_extent(spec, k, shape[k]);
  }

 private:
  void check_extent(const DatasetSpec& spec, std::size_t k, std::int64_t found) {
    const std::string& axis = spec.axes[k];
    if ((k == 0 && row_axes().contains(axis)) || axis == spec.path) return;
    const std::optional<std::int64_t> expected = extent(axis);
    if (!expected || *expected == found) return;
    throw InputError(fmt::format("{}: {}: {} entries along axis {}, expected {} as {} has", name_, spec.path,
                                 found, k, *expected, axis));
  }

  std::optional<std::int64_t> extent(const std::string& axis) {
    const auto known = extents_.find(axis);
    if (known != extents_.end()) return known->second;
    std::optional<std::int64_t> size;
    if (hdf5::exists(file_, axis)) {
      const std::vector<std::int64_t> shape = hdf5::shape(hdf5::open_dataset(file_, axis));
      if (shape.size() != 1)
        throw InputError(fmt::format("{}: {}: {} axes, expected 1", name_, axis, shape.size()));
      size = shape.front();
    }
    return extents_[axis] = size;
  }

  hid_t file_;
  std::string name_;
  std::map<std::string, std::optional<std::int64_t>> extents_;
};

/// The matrices that the places of the parameters span, and that each entry is there once.
class PlaceCheck {
 public:
  PlaceCheck(const RunDescription& d, const std::string& place) : d_(d), place_(place) {}

  void check() {
    const std::size_t count = d_.parameter_layer.size();
    require_size("/network/parameter_row", d_.parameter_row.size(), count);
    require_size("/network/parameter_column", d_.parameter_column.size(), count);
    require_size("/network/neuron_index", d_.neuron_index.size(), d_.neuron_layer.size());
    if (d_.layer_count < 1) fail("/layer", "found no layer, expected at least one");
    shapes_.assign(std::min(static_cast<std::size_t>(d_.layer_count), count), {0, 0});
    for (std::size_t p = 0; p < count; ++p) span(p);
    check_entries();
    check_neurons();
    for (std::size_t k = 0; k < d_.singular_value_layer.size(); ++k)
      require_layer("/network/singular_value_layer", k, d_.singular_value_layer[k]);
    if (std::ranges::find(d_.network_traits, "coordinates") != d_.network_traits.end() &&
        (shapes_.size() != 2 || shapes_[0] != shapes_[1]))
      fail("/network/parameter_layer",
           "found no two layers of one size, which the trait coordinates promises");
  }

 private:
  [[noreturn]] void fail(const char* dataset, const std::string& what) const {
    throw InputError(fmt::format("{}: {}: {}", place_, dataset, what));
  }

  void require_size(const char* dataset, std::size_t found, std::size_t expected) const {
    if (found != expected) fail(dataset, fmt::format("holds {} numbers, expected {}", found, expected));
  }

  void require_layer(const char* dataset, std::size_t k, std::int64_t layer) const {
    if (layer < 0 || layer >= static_cast<std::int64_t>(shapes_.size()))
      fail(dataset, fmt::format("entry {} is layer {}, expected 0 to {}", k, layer,
                                static_cast<std::int64_t>(shapes_.size()) - 1));
  }

  void span(std::size_t p) {
    require_layer("/network/parameter_layer", p, d_.parameter_layer[p]);
    auto& [rows, columns] = shapes_[static_cast<std::size_t>(d_.parameter_layer[p])];
    // No matrix has more rows or columns than there are parameters.
    const auto most = static_cast<std::int64_t>(d_.parameter_layer.size());
    const std::int64_t row = d_.parameter_row[p], column = d_.parameter_column[p];
    if (row < 0 || row >= most)
      fail("/network/parameter_row", fmt::format("entry {} is row {}, expected 0 to {}", p, row, most - 1));
    if (column < 0 || column >= most)
      fail("/network/parameter_column",
           fmt::format("entry {} is column {}, expected 0 to {}", p, column, most - 1));
    rows = std::max(rows, row + 1);
    columns = std::max(columns, column + 1);
  }

  void check_entries() const {
    const std::size_t count = d_.parameter_layer.size();
    std::vector<std::size_t> first;  // entry of each layer
    double size = 0;
    for (std::size_t l = 0; l < shapes_.size(); ++l) {
      const auto [rows, columns] = shapes_[l];
      if (rows == 0) fail("/network/parameter_layer", fmt::format("no parameter is of layer {}", l));
      first.push_back(static_cast<std::size_t>(std::min(size, static_cast<double>(count))));
      size += static_cast<double>(rows) * static_cast<double>(columns);
    }
    if (size != static_cast<double>(count))
      fail("/network/parameter_row",
           fmt::format("with parameter_column it spans matrices of {:.0f} entries, expected "
                       "one for each of the {} parameters",
                       size, count));
    std::vector<bool> seen(count, false);
    for (std::size_t p = 0; p < count; ++p) {
      const auto layer = static_cast<std::size_t>(d_.parameter_layer[p]);
      const auto entry = first[layer] + static_cast<std::size_t>(d_.parameter_row[p] * shapes_[layer].second +
                                                                 d_.parameter_column[p]);
      if (seen[entry])
        fail("/network/parameter_row",
             fmt::format("parameter {} is at the place of another one: layer {}, row {}, "
                         "column {}",
                         p, layer, d_.parameter_row[p], d_.parameter_column[p]));
      seen[entry] = true;
    }
  }

  void check_neurons() const {
    for (std::size_t k = 0; k < d_.neuron_layer.size(); ++k) {
      require_layer("/network/neuron_layer", k, d_.neuron_layer[k]);
      const auto [rows, columns] = shapes_[static_cast<std::size_t>(d_.neuron_layer[k])];
      const std::int64_t most = std::max(rows, columns);
      if (d_.neuron_index[k] < 0 || d_.neuron_index[k] >= most)
        fail("/network/neuron_index",
             fmt::format("entry {} is {}, expected 0 to {}", k, d_.neuron_index[k], most - 1));
    }
  }

  const RunDescription& d_;
  const std::string& place_;
  std::vector<std::pair<std::int64_t, std::int64_t>> shapes_;  ///< rows and columns of each layer
};

/// A dataset whose numbers are rows along an axis.
struct RowReference {
  const char* axis;
  std::int64_t lowest;  ///< -1: not known, or none
};

const std::map<std::string, RowReference>& references() {
  static const std::map<std::string, RowReference> table{
      {"/snapshot_row", {"/time", -1}},
      {"/events/snapshot", {"/snapshot_time", -1}},
      {"/nearest_kkt", {"/kkt/kkt_point", -1}},
      {"/mode_changes/layer", {"/layer", -1}},
      {"/mode_changes/neuron", {"/neuron", -1}},
      {"/mode_changes/sample", {"/problem/sample", -1}},
      {"/saddles/critical_point", {"/catalogue/critical_point", -1}},
      {"/saddles/escape", {"/escapes/escape", -1}},
      {"/saddles/predicted_layer", {"/layer", -1}},
      {"/saddles/predicted_neuron", {"/neuron", -1}},
      {"/saddles/left_layer", {"/layer", -1}},
      {"/saddles/left_neuron", {"/neuron", -1}},
      {"/escapes/critical_point", {"/catalogue/critical_point", 0}},
      {"/escapes/layer", {"/layer", -1}},
      {"/escapes/neuron", {"/neuron", -1}},
      {"/escapes/to_plus", {"/catalogue/critical_point", -1}},
      {"/escapes/to_minus", {"/catalogue/critical_point", -1}},
      {"/transitions/from", {"/catalogue/critical_point", 0}},
      {"/transitions/to", {"/catalogue/critical_point", 0}},
      {"/transitions/escape", {"/escapes/escape", -1}},
      {"/rounds/added_layer", {"/layer", -1}},
      {"/rounds/first_time", {"/time", -1}},
      {"/rounds/snapshot_start", {"/snapshot_time", -1}},
      {"/rounds/snapshot", {"/snapshot_time", -1}},
      {"/stops/sequence", {"/sequences/sequence", 0}},
      {"/matches/sequence", {"/sequences/sequence", 0}},
      {"/matches/jump", {"/skeleton/jump", -1}},
      {"/matches/first_stop", {"/stops/stop", -1}},
      {"/matches/stop", {"/stops/stop", -1}},
      {"/flow_loss/sequence", {"/sequences/sequence", 0}},
  };
  return table;
}

/// Datasets that count the neurons of a layer, which are some of those along /neuron.
bool counts_neurons(const std::string& dataset) {
  static const std::set<std::string> names{"/rounds/neurons",          "/rounds/added_neurons",
                                           "/rounds/active_neurons",   "/catalogue/active_neurons",
                                           "/saddles/active_neurons",  "/kkt/active_neurons",
                                           "/skeleton/active_neurons", "/stops/active_neurons"};
  return names.contains(dataset);
}

FlagSet flags_of(const std::string& dataset) {
  static const std::map<std::string, FlagSet> sets = [] {
    std::map<std::string, FlagSet> found;
    for (const DatasetSpec& spec : all_specs())
      if (spec.flags != FlagSet::none) found.emplace(spec.path, spec.flags);
    return found;
  }();
  const auto found = sets.find(dataset);
  return found == sets.end() ? FlagSet::none : found->second;
}

}  // namespace

void check_datasets(hid_t file) {
  DatasetCheck check(file);
  for (const DatasetSpec& spec : all_specs())
    if (is_expected(file, spec)) check.check(spec);
}

void check_network(const RunDescription& description, const std::string& place) {
  PlaceCheck(description, place).check();
}

void check_integers(const std::string& file, const std::string& dataset,
                    const std::vector<std::int64_t>& values, const RunDescription& description,
                    const std::function<std::int64_t(const std::string& axis)>& rows_of) {
  if (const FlagSet set = flags_of(dataset); set != FlagSet::none) {
    const FlagMeanings meanings = flag_meanings(set, description);
    const auto stray = std::ranges::find_if(values, [&](std::int64_t value) {
      return value != -1 &&
             std::ranges::none_of(meanings.values, [&](std::int8_t flag) { return flag == value; });
    });
    if (stray != values.end())
      throw InputError(fmt::format("{}: {}: entry {} is {}, expected a flag: {}", file, dataset,
                                   stray - values.begin(), *stray, fmt::join(meanings.values, ", ")));
  }
  const auto reference = references().find(dataset);
  const bool counts = counts_neurons(dataset);
  if (reference == references().end() && !counts) return;
  const auto [axis, lowest] = counts ? RowReference{"/neuron", -1} : reference->second;
  const std::int64_t known = rows_of(axis);
  if (known < 0) return;
  const std::int64_t rows = counts ? known + 1 : known;
  const auto stray = std::ranges::find_if(
      values, [&, low = lowest](std::int64_t value) { return value < low || value >= rows; });
  if (stray == values.end()) return;
  throw InputError(fmt::format("{}: {}: entry {} is {}, expected {} to {}, {} {}", file, dataset,
                               stray - values.begin(), *stray, lowest, rows - 1,
                               counts ? "a number of entries of" : "a row of", axis));
}

}  // namespace saddleflow::archive
