#include "saddleflow/archive/describe.hpp"

#include <fmt/format.h>

#include <iterator>
#include <sstream>

#include "saddleflow/archive/commit.hpp"
#include "saddleflow/archive/hdf5/attribute.hpp"
#include "saddleflow/archive/hdf5/dataset.hpp"
#include "saddleflow/archive/schema.hpp"
#include "saddleflow/base/error.hpp"

namespace saddleflow::archive {
namespace {

constexpr std::int64_t kMostDegree = 1'000'000;  // of a network and of an activation: far beyond any

std::int64_t axis_size(hid_t file, const std::string& axis) {
  if (!hdf5::exists(file, axis)) return 0;
  const hdf5::Handle scale = hdf5::open_dataset(file, axis);
  const std::vector<std::int64_t> shape = hdf5::shape(scale);
  if (shape.size() == 1) return shape.front();
  throw InputError(fmt::format("{}: {} axes, expected 1", hdf5::place_of(scale), shape.size()));
}

/// Of /network: small numbers.
int read_small(hid_t object, const std::string& name) {
  const std::int64_t value = hdf5::read_one_integer(object, name);
  if (value >= 0 && value <= kMostDegree) return static_cast<int>(value);
  throw InputError(fmt::format("{}: attribute {} of {} is {}, expected 0 to {}", hdf5::file_name(object),
                               name, hdf5::object_name(object), value, kMostDegree));
}

void read_fixed_datasets(hid_t file, RunDescription& description) {
  for (const FixedDataset& fixed : fixed_datasets()) {
    if (!is_expected(file, fixed.spec)) continue;
    if (const auto* reals = std::get_if<std::vector<double> RunDescription::*>(&fixed.field)) {
      description.** reals = hdf5::read_all<double>(hdf5::open_dataset(file, fixed.spec.path));
    } else if (const auto* integers =
                   std::get_if<std::vector<std::int64_t> RunDescription::*>(&fixed.field)) {
      description.** integers = hdf5::read_all<std::int64_t>(hdf5::open_dataset(file, fixed.spec.path));
    }
  }
}

std::vector<std::string> split_words(const std::string& text) {
  std::istringstream words(text);
  return {std::istream_iterator<std::string>(words), {}};
}

/// Files of version 0.1 do not say: what the families of that time are.
void add_traits_of_family(RunDescription& description) {
  const auto depth = description.layer_sizes.size();
  if (description.network_kind == "diagonal_linear") {
    description.network_traits = {"separable", "coordinates"};
    return;
  }
  const bool layered = description.network_kind == "feed_forward";
  if (layered) description.network_traits.emplace_back("layered");
  if (depth == 3) description.network_traits.emplace_back("separable");
  description.network_traits.emplace_back("pre_activations");
  description.activation = fmt::format("slope {:g}, power {}", description.slope, description.power);
}

void read_network_attributes(hid_t network, RunDescription& description) {
  description.network_kind = hdf5::read_text_attribute(network, "kind");
  description.layer_sizes = hdf5::read_integer_attribute(network, "layer_sizes");
  description.slope = hdf5::read_real_attribute(network, "slope");
  description.power = read_small(network, "power");
  description.degree = read_small(network, "degree");
  if (!hdf5::has_attribute(network, "traits")) return add_traits_of_family(description);
  description.network_traits = split_words(hdf5::read_text_attribute(network, "traits"));
  description.activation = hdf5::read_text_attribute(network, "activation");
  if (hdf5::has_attribute(network, width_attribute))
    description.width_kind = hdf5::read_text_attribute(network, width_attribute);
  if (hdf5::has_attribute(network, manifold_attribute))
    description.manifold_kind = hdf5::read_text_attribute(network, manifold_attribute);
}

void read_attributes(hid_t file, RunDescription& description) {
  const hdf5::Handle root = hdf5::open_group(file, "/");
  description.title = hdf5::read_text_attribute(root, "title");
  const std::string history = hdf5::read_text_attribute(root, "history");
  const std::string first = history.substr(0, history.find('\n'));
  description.command = first.substr(first.find(' ') + 1);
  const hdf5::Handle network = hdf5::open_group(file, "/network");
  read_network_attributes(network, description);
  const hdf5::Handle problem = hdf5::open_group(file, "/problem");
  description.loss = hdf5::read_text_attribute(problem, "loss");
  description.reduction = hdf5::read_text_attribute(problem, "reduction");
  description.data_origin = hdf5::read_text_attribute(problem, "generator");
  description.data_seed = hdf5::read_one_integer(problem, "seed");
  description.dropped_rows = hdf5::read_one_integer(problem, "dropped_rows");
  // Files before format 1.7 lack these two, files of version 0.1 know no bias.
  if (hdf5::has_attribute(problem, "test_dropped_rows"))
    description.test_dropped_rows = hdf5::read_one_integer(problem, "test_dropped_rows");
  if (hdf5::has_attribute(problem, "constant_columns"))
    description.constant_columns = split_words(hdf5::read_text_attribute(problem, "constant_columns"));
  description.bias =
      hdf5::has_attribute(problem, "bias") && hdf5::read_text_attribute(problem, "bias") == "first";
}

}  // namespace

std::vector<std::string> flag_names(hid_t file, const std::string& dataset) {
  std::istringstream text(hdf5::read_text_attribute(hdf5::open_dataset(file, dataset), "flag_meanings"));
  std::vector<std::string> names;
  for (std::string name; text >> name;) names.push_back(name);
  return names;
}

void require_run_file(hid_t file) {
  const std::string path = hdf5::file_name(file);
  const hdf5::Handle root = hdf5::open_group(file, "/");
  const std::string format =
      hdf5::has_attribute(root, "format") ? hdf5::read_text_attribute(root, "format") : "";
  if (format != format_name) {
    throw InputError(path + ": attribute format is '" + format + "', expected '" + format_name + "'");
  }
  const std::vector<std::int64_t> version = hdf5::read_integer_attribute(root, "format_version");
  if (version.size() != 2 || version.front() != format_major) {
    throw InputError(path + ": format_version is " +
                     (version.empty() ? "empty" : std::to_string(version.front())) + ", expected " +
                     std::to_string(format_major));
  }
}

bool is_growing(hid_t file) {
  const hdf5::Handle network = hdf5::open_group(file, "/network");
  if (!hdf5::has_attribute(network, order_attribute)) return false;
  const std::string order = hdf5::read_text_attribute(network, order_attribute);
  if (order == birth_order) return true;
  throw InputError(hdf5::file_name(file) + ": attribute order of /network is '" + order + "', expected '" +
                   birth_order + "'");
}

RunDescription read_description(hid_t file) {
  RunDescription description;
  read_attributes(file, description);
  read_fixed_datasets(file, description);
  description.layer_count = static_cast<int>(axis_size(file, "/layer"));
  description.sample_count = axis_size(file, "/problem/sample");
  description.test_sample_count = axis_size(file, "/problem/test_sample");
  description.group_factor_count = axis_size(file, "/problem/group_factor");
  description.input_count = axis_size(file, "/problem/input");
  description.output_count = axis_size(file, "/problem/output");
  description.eigenvalue_count = axis_size(file, "/saddles/eigenvalue");
  description.hidden_layer_count = axis_size(file, "/hidden_layer");
  description.product_singular_value_count = axis_size(file, "/product_singular_value");
  description.growing = is_growing(file);
  description.mode_changes = hdf5::exists(file, "/mode_changes/change");
  description.decay = hdf5::exists(file, "/penalty");
  description.margins = hdf5::exists(file, "/normalised_margin");
  description.patches = hdf5::exists(file, "/mode_changes/patch");
  description.toml = hdf5::read_text(file, "/config/toml");
  description.toml_user = hdf5::read_text(file, "/config/toml_user");
  description.event_kinds = flag_names(file, "/events/kind");
  description.stepper_names = flag_names(file, "/stepper");
  description.provenance = read_summary(file).texts;
  return description;
}

RunSummary read_summary(hid_t file) {
  const hdf5::Handle run = hdf5::open_group(file, "/run");
  RunSummary summary;
  summary.stop_reason = hdf5::read_text_attribute(run, "stop_reason");
  summary.numbers = hdf5::real_attributes(run);
  summary.texts = hdf5::text_attributes(run);
  std::erase_if(summary.texts, [](const auto& text) { return text.first == "stop_reason"; });
  return summary;
}

}  // namespace saddleflow::archive
