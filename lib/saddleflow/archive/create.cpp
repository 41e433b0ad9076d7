#include "saddleflow/archive/create.hpp"

#include <hdf5_hl.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <limits>
#include <map>
#include <numeric>
#include <random>

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "saddleflow/archive/describe.hpp"
#include "saddleflow/archive/hdf5/attribute.hpp"
#include "saddleflow/archive/hdf5/dataset.hpp"
#include "saddleflow/archive/schema.hpp"
#include "saddleflow/archive/table_check.hpp"
#include "saddleflow/base/error.hpp"
#include "saddleflow/base/version.hpp"

namespace saddleflow::archive {
namespace {

constexpr std::int64_t chunk_numbers = 65536;  // of 8 bytes: 512 KiB
constexpr std::size_t kMostFlags = 127;        // the numbers of an i1
constexpr std::int64_t chunk_rows = 512;       // of narrow datasets: a few kB

using AxisMap = std::map<std::string, AxisSpec>;

AxisMap axis_map(const RunDescription& description) {
  AxisMap map;
  for (const AxisSpec& axis : axes(description)) {
    if (axis.unlimited || axis.size > 0) map.emplace(axis.path, axis);
  }
  return map;
}

hid_t file_type(Kind kind) {
  switch (kind) {
    case Kind::real:
      return H5T_IEEE_F64LE;
    case Kind::integer:
      return H5T_STD_I64LE;
    case Kind::flag:
      break;
  }
  return H5T_STD_I8LE;
}

void set_fill(hid_t creation, Kind kind) {
  constexpr double nan = std::numeric_limits<double>::quiet_NaN();
  constexpr std::int64_t minus_one = -1;
  if (kind == Kind::real) {
    H5Pset_fill_value(creation, H5T_NATIVE_DOUBLE, &nan);
  } else {
    H5Pset_fill_value(creation, H5T_NATIVE_INT64, &minus_one);
  }
}

/// Chunks of up to 512 KiB: whole rows if they fit, at most 512 of them; a single axis counts as rows of one.
std::vector<hsize_t> chunk_shape(const std::vector<hsize_t>& sizes) {
  std::vector<hsize_t> chunk(sizes.size(), 1);
  std::int64_t width = 1;
  for (std::size_t k = 1; k < sizes.size(); ++k) {
    width = std::clamp(static_cast<std::int64_t>(sizes[k]), std::int64_t{1}, chunk_numbers);
    chunk[k] = static_cast<hsize_t>(width);
  }
  chunk.front() = static_cast<hsize_t>(std::clamp(chunk_numbers / width, std::int64_t{1}, chunk_rows));
  return chunk;
}

hdf5::Handle create_dataset(hid_t file, const DatasetSpec& spec, const AxisMap& axis_of) {
  std::vector<hsize_t> sizes, limits;
  bool chunked = false;
  for (const std::string& path : spec.axes) {
    const AxisSpec& axis = axis_of.at(path);
    sizes.push_back(static_cast<hsize_t>(axis.size));
    limits.push_back(axis.unlimited ? H5S_UNLIMITED : sizes.back());
    chunked = chunked || axis.unlimited;
  }
  const hdf5::Handle space(H5Screate_simple(static_cast<int>(sizes.size()), sizes.data(), limits.data()),
                           H5Sclose);
  const hdf5::Handle creation(H5Pcreate(H5P_DATASET_CREATE), H5Pclose);
  set_fill(creation, spec.kind);
  if (chunked) H5Pset_chunk(creation, static_cast<int>(sizes.size()), chunk_shape(sizes).data());
  const hid_t dataset =
      H5Dcreate2(file, spec.path.c_str(), file_type(spec.kind), space, H5P_DEFAULT, creation, H5P_DEFAULT);
  return {hdf5::check(dataset, file, spec.path, "create"), H5Dclose};
}

void describe_dataset(hid_t dataset, const DatasetSpec& spec, const RunDescription& description) {
  const bool other = !description.attained && !spec.unattained_name.empty();
  hdf5::write_attribute(dataset, "long_name", other ? spec.unattained_name : spec.long_name);
  hdf5::write_attribute(dataset, "units", spec.units);
  if (spec.flags == FlagSet::none) return;
  const FlagMeanings meanings = flag_meanings(spec.flags, description);
  hdf5::write_attribute(dataset, "flag_values", meanings.values);
  hdf5::write_attribute(dataset, "flag_meanings", fmt::format("{}", fmt::join(meanings.names, " ")));
}

void attach_scales(hid_t file, hid_t dataset, const DatasetSpec& spec) {
  if (spec.is_scale()) {
    const std::string name = spec.path.substr(spec.path.rfind('/') + 1);
    hdf5::check(H5DSset_scale(dataset, name.c_str()), dataset, "", "make a scale");
    return;
  }
  for (unsigned k = 0; k < spec.axes.size(); ++k) {
    const hdf5::Handle scale = hdf5::open_dataset(file, spec.axes[k]);
    hdf5::check(H5DSattach_scale(dataset, scale, k), dataset, "", "attach a scale");
  }
}

/// Those whose axes the map knows; scales first.
void create_datasets(hid_t file, std::vector<DatasetSpec> specs, const AxisMap& axis_of,
                     const RunDescription& description) {
  std::stable_partition(specs.begin(), specs.end(), [](const DatasetSpec& spec) { return spec.is_scale(); });
  for (const DatasetSpec& spec : specs) {
    const bool possible = std::all_of(spec.axes.begin(), spec.axes.end(),
                                      [&](const std::string& axis) { return axis_of.contains(axis); });
    if (!possible) continue;
    const hdf5::Handle dataset = create_dataset(file, spec, axis_of);
    describe_dataset(dataset, spec, description);
    attach_scales(file, dataset, spec);
  }
}

bool is_created(const DatasetSpec& spec, const RunDescription& description) {
  if (spec.presence == Presence::with_modes) return description.mode_changes;
  if (spec.presence == Presence::with_decay) return description.decay;
  if (spec.presence == Presence::with_margins) return description.margins;
  if (spec.presence == Presence::with_test) return description.test_sample_count > 0;
  if (spec.presence == Presence::with_stages) return !description.stage_loss.empty();
  if (spec.presence == Presence::with_test_classes)
    return description.test_sample_count > 0 && description.margins;
  if (spec.presence == Presence::with_patches) return description.mode_changes && description.patches;
  return spec.presence != Presence::with_kkt && spec.presence != Presence::with_saddles &&
         spec.presence != Presence::with_rounds && spec.presence != Presence::with_skeleton;
}

void create_all_datasets(hid_t file, const RunDescription& description) {
  std::vector<DatasetSpec> specs = all_specs();
  std::erase_if(specs, [&](const DatasetSpec& spec) { return !is_created(spec, description); });
  create_datasets(file, std::move(specs), axis_map(description), description);
}

void fill_datasets(hid_t file, const RunDescription& description) {
  for (const FixedDataset& fixed : fixed_datasets()) {
    if (!hdf5::exists(file, fixed.spec.path)) continue;
    const hdf5::Handle dataset = hdf5::open_dataset(file, fixed.spec.path);
    if (const auto* reals = std::get_if<std::vector<double> RunDescription::*>(&fixed.field)) {
      hdf5::write_all(dataset, description.**reals);
    } else if (const auto* integers =
                   std::get_if<std::vector<std::int64_t> RunDescription::*>(&fixed.field)) {
      hdf5::write_all(dataset, description.**integers);
    } else {
      std::vector<std::int64_t> positions(static_cast<std::size_t>(hdf5::shape(dataset).front()));
      std::iota(positions.begin(), positions.end(), std::int64_t{0});
      hdf5::write_all(dataset, positions);
    }
  }
}

std::string new_run_id() {
  std::random_device random;
  return fmt::format("{:08x}{:08x}{:08x}{:08x}", random(), random(), random(), random());
}

std::string write_root(hid_t file, const RunDescription& description) {
  std::string id = new_run_id();
  const std::string now = utc_now();
  const hdf5::Handle root = hdf5::open_group(file, "/");
  hdf5::write_attribute(root, "Conventions", std::string("CF-1.8"));
  hdf5::write_attribute(root, "title", description.title);
  hdf5::write_attribute(root, "source", std::string("saddleflow ") + version());
  hdf5::write_attribute(root, "history", now + " " + description.command);
  hdf5::write_attribute(root, "created", now);
  hdf5::write_attribute(root, "run_id", id);
  hdf5::write_attribute(root, "format", std::string(format_name));
  hdf5::write_attribute(root, "format_version", std::vector<std::int64_t>{format_major, format_minor});
  return id;
}

void write_configuration(hid_t file, const RunDescription& description) {
  hdf5::write_text(file, "/config/toml", description.toml, "the study with every default filled in");
  hdf5::write_text(file, "/config/toml_user", description.toml_user, "the study as typed");
}

void write_groups(hid_t file, const RunDescription& description) {
  const hdf5::Handle network = hdf5::open_group(file, "/network");
  hdf5::write_attribute(network, "kind", description.network_kind);
  hdf5::write_attribute(network, "traits", fmt::format("{}", fmt::join(description.network_traits, " ")));
  hdf5::write_attribute(network, "activation", description.activation);
  hdf5::write_attribute(network, "layer_sizes", description.layer_sizes);
  hdf5::write_attribute(network, "slope", description.slope);
  hdf5::write_scalar_attribute(network, "power", description.power);
  hdf5::write_scalar_attribute(network, "degree", description.degree);
  if (!description.width_kind.empty())
    hdf5::write_attribute(network, width_attribute, description.width_kind);
  if (!description.manifold_kind.empty())
    hdf5::write_attribute(network, manifold_attribute, description.manifold_kind);
  if (description.growing) hdf5::write_attribute(network, order_attribute, std::string(birth_order));
  const hdf5::Handle problem = hdf5::open_group(file, "/problem");
  hdf5::write_attribute(problem, "loss", description.loss);
  hdf5::write_attribute(problem, "reduction", description.reduction);
  hdf5::write_attribute(problem, "generator", description.data_origin);
  hdf5::write_scalar_attribute(problem, "seed", description.data_seed);
  hdf5::write_scalar_attribute(problem, "dropped_rows", description.dropped_rows);
  if (description.test_sample_count > 0)
    hdf5::write_scalar_attribute(problem, "test_dropped_rows", description.test_dropped_rows);
  hdf5::write_attribute(problem, "constant_columns",
                        fmt::format("{}", fmt::join(description.constant_columns, " ")));
  hdf5::write_attribute(problem, "bias", std::string(description.bias ? "first" : "none"));
  const hdf5::Handle run = hdf5::open_group(file, "/run");
  hdf5::write_attribute(run, "stop_reason", std::string(name_of(RunState::running)));
  for (const auto& [name, value] : description.provenance) hdf5::write_attribute(run, name, value);
  write_configuration(file, description);
}

void require_size(const char* name, std::size_t found, std::int64_t expected) {
  if (found == static_cast<std::size_t>(expected)) return;
  throw InputError(fmt::format("run description: {} holds {} numbers, expected {}", name, found, expected));
}

void require_flags(const char* name, const std::vector<std::string>& flags) {
  if (flags.empty() || flags.size() > kMostFlags) {
    throw InputError(fmt::format("run description: {} {}, expected 1 to {}", flags.size(), name, kMostFlags));
  }
  for (const std::string& flag : flags) {
    if (flag.empty() || flag.find_first_of(" \t\n") != std::string::npos) {
      throw InputError(fmt::format("run description: name '{}' in {}, expected one word", flag, name));
    }
  }
}

}  // namespace

void validate(const RunDescription& description) {
  const auto parameters = static_cast<std::int64_t>(description.parameter_layer.size());
  require_size("inputs", description.inputs.size(), description.sample_count * description.input_count);
  require_size("targets", description.targets.size(), description.sample_count * description.output_count);
  require_size("test_inputs", description.test_inputs.size(),
               description.test_sample_count * description.input_count);
  require_size("test_targets", description.test_targets.size(),
               description.test_sample_count * description.output_count);
  const auto stages = static_cast<std::int64_t>(description.stage_loss.size());
  require_size("stage_correlation", description.stage_correlation.size(), stages);
  require_size("stage_frequency", description.stage_frequency.size(),
               stages * description.group_factor_count);
  require_flags("event_kinds", description.event_kinds);
  require_flags("stepper_names", description.stepper_names);
  const bool empty = parameters == 0 || description.inputs.empty() || description.targets.empty();
  if (empty || description.layer_count < 1) {
    throw InputError("run description: no layers, parameters or samples, expected at least one of each");
  }
  check_network(description, "run description");
}

std::string create_run_file(const std::string& path, const RunDescription& description) {
  hdf5::Handle file = hdf5::create_file(path);
  try {
    std::string id = write_root(file, description);
    for (const std::string& group : groups()) hdf5::create_group(file, group);
    if (description.mode_changes) hdf5::create_group(file, "/mode_changes");
    create_all_datasets(file, description);
    fill_datasets(file, description);
    write_groups(file, description);
    hdf5::close_file(file, path);
    return id;
  } catch (const Error&) {
    file.close();
    std::error_code ignored;
    std::filesystem::remove(path, ignored);
    throw;
  }
}

void replace_configuration(hid_t file, const RunDescription& description) {
  for (const char* path : {"/config/toml", "/config/toml_user"})
    hdf5::check(H5Ldelete(file, path, H5P_DEFAULT), file, path, "remove");
  write_configuration(file, description);
}

void add_datasets(hid_t file, const RunDescription& description, const std::vector<AxisSpec>& new_axes,
                  std::vector<DatasetSpec> specs) {
  AxisMap axis_of = axis_map(description);
  // Rows may be there already.
  for (auto& [path, axis] : axis_of)
    if (hdf5::exists(file, path)) axis.size = hdf5::shape(hdf5::open_dataset(file, path)).front();
  for (const AxisSpec& axis : new_axes) axis_of.emplace(axis.path, axis);
  create_datasets(file, std::move(specs), axis_of, description);
}

std::string utc_now() {
  const auto now = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now());
  return fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", fmt::gmtime(now));
}

}  // namespace saddleflow::archive
