#include "saddleflow/archive/sweep_reader.hpp"

#include <hdf5_hl.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <set>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "saddleflow/archive/hdf5/attribute.hpp"
#include "saddleflow/archive/hdf5/dataset.hpp"
#include "saddleflow/archive/hdf5/error.hpp"
#include "saddleflow/archive/hdf5/handle.hpp"
#include "saddleflow/archive/recovery.hpp"
#include "saddleflow/base/error.hpp"

namespace saddleflow::archive {
namespace {

/// A later minor version adds datasets alone; another major version changes their meaning.
constexpr const char* sweep_format_major = "1";

/// A whole number that an int holds, as a flag is.
bool is_small_count(double value) { return value >= 0 && value <= 1000 && value == std::floor(value); }

bool says_sweep(hid_t file) {
  const hdf5::Handle root = hdf5::open_group(file, "/");
  return hdf5::has_attribute(root, "sweep_format");
}

herr_t keep_link(hid_t, const char* name, const H5L_info_t*, void* names) {
  static_cast<std::vector<std::string>*>(names)->emplace_back(name);
  return 0;
}

/// Datasets of the root, in the order of their creation where the file knows it.
std::vector<std::string> root_datasets(hid_t file) {
  const hdf5::Handle root = hdf5::open_group(file, "/");
  const hdf5::Handle creation(H5Gget_create_plist(root), H5Pclose);
  unsigned order = 0;
  H5Pget_link_creation_order(creation, &order);
  const H5_index_t index = (order & H5P_CRT_ORDER_TRACKED) != 0 ? H5_INDEX_CRT_ORDER : H5_INDEX_NAME;
  std::vector<std::string> links, names;
  hdf5::check(H5Literate(root, index, H5_ITER_INC, nullptr, keep_link, &links), file, "", "list");
  for (std::string& name : links) {
    const hdf5::Handle object(H5Oopen(file, name.c_str(), H5P_DEFAULT), H5Oclose);
    if (object.id() >= 0 && H5Iget_type(object) == H5I_DATASET) names.push_back(std::move(name));
  }
  return names;
}

class SweepFile {
 public:
  explicit SweepFile(const std::string& path)
      : path_(path), file_(hdf5::open_file(path, H5F_ACC_RDONLY)), names_(root_datasets(file_)) {}

  SweepRecord read() {
    SweepRecord record;
    record.path = path_;
    read_root(record);
    read_runs(record);
    for (const std::string& name : names_)
      if (!known_.contains(name)) read_column(name, record);
    for (const char* name : {"final_time", "final_loss", "escape_time", "visit_count", "jump_count"})
      scalar(name, record);
    read_visits(record);
    read_curves(record);
    return record;
  }

 private:
  [[noreturn]] void refuse(const std::string& what) const {
    throw InputError(fmt::format("{}: {}", path_, what));
  }

  bool has(const std::string& name) const { return std::ranges::find(names_, name) != names_.end(); }

  hdf5::Handle open(const std::string& name) const {
    if (!has(name)) refuse(fmt::format("no dataset {}, expected a collected file of sf-sweep", name));
    return hdf5::open_dataset(file_, "/" + name);
  }

  bool is_text(hid_t dataset) const {
    const hdf5::Handle type(H5Dget_type(dataset), H5Tclose);
    return H5Tget_class(type) == H5T_STRING;
  }

  void require_kind(hid_t dataset, const std::string& name, bool text) const {
    const hdf5::Handle type(H5Dget_type(dataset), H5Tclose);
    const H5T_class_t kind = H5Tget_class(type);
    if (text ? kind == H5T_STRING : kind == H5T_INTEGER || kind == H5T_FLOAT) return;
    refuse(fmt::format("{}: not {}, expected one {} a run", name, text ? "texts" : "numeric",
                       text ? "text" : "number"));
  }

  void require_shape(hid_t dataset, const std::string& name,
                     const std::vector<std::int64_t>& expected) const {
    const std::vector<std::int64_t> found = hdf5::shape(dataset);
    if (found != expected)
      refuse(fmt::format("{}: found {} entries, expected {}", name,
                         found.empty() ? "one" : fmt::format("{}", fmt::join(found, " x ")),
                         fmt::join(expected, " x ")));
  }

  void read_root(SweepRecord& record) {
    const hdf5::Handle root = hdf5::open_group(file_, "/");
    if (!says_sweep(file_)) refuse("no attribute sweep_format, expected a collected file of sf-sweep");
    const std::string version = hdf5::read_text_attribute(root, "sweep_format");
    if (version.substr(0, version.find('.')) != sweep_format_major)
      refuse(fmt::format("sweep_format is {}, expected {}", version, sweep_format_major));
    const std::pair<const char*, std::string SweepRecord::*> texts[] = {{"title", &SweepRecord::title},
                                                                        {"history", &SweepRecord::history},
                                                                        {"tool", &SweepRecord::tool},
                                                                        {"sweep", &SweepRecord::sweep},
                                                                        {"study", &SweepRecord::study}};
    for (const auto& [name, field] : texts) record.*field = hdf5::read_text_attribute(root, name);
  }

  std::vector<double> numbers(const std::string& name, std::vector<std::int64_t> expected) {
    known_.insert(name);
    const hdf5::Handle dataset = open(name);
    require_kind(dataset, name, false);
    require_shape(dataset, name, expected);
    return hdf5::read_all<double>(dataset);
  }

  std::vector<std::string> texts(const std::string& name) {
    known_.insert(name);
    const hdf5::Handle dataset = open(name);
    require_kind(dataset, name, true);
    require_shape(dataset, name, {runs_});
    return hdf5::read_texts(dataset);
  }

  /// The values of a dimension, whose extent the others must have.
  std::vector<double> dimension(const std::string& name) {
    const hdf5::Handle dataset = open(name);
    const std::vector<std::int64_t> shape = hdf5::shape(dataset);
    if (shape.size() != 1) refuse(fmt::format("{}: {} axes, expected 1", name, shape.size()));
    return numbers(name, shape);
  }

  void read_runs(SweepRecord& record) {
    record.run = dimension("run");
    runs_ = std::ssize(record.run);
    if (runs_ == 0) refuse("run: no run, expected at least one");
    record.name = texts("name");
    record.message = texts("message");
    record.stop_reason = texts("stop_reason");
    for (const double flag : numbers("state", {runs_}))
      record.state.push_back(
          by_flag<SweepState>(is_small_count(flag) ? static_cast<int>(flag) : -1, path_ + ": state"));
    // Tables and dimensions that are read by name, and no columns.
    known_.insert({"visit", "jump", "curve_time", "visit_loss", "visit_time", "visit_enter", "visit_leave",
                   "visit_depth", "jump_time"});
  }

  void read_result(hid_t dataset, const std::string& name, SweepRecord& record) {
    const std::string long_name =
        hdf5::has_attribute(dataset, "long_name") ? hdf5::read_text_attribute(dataset, "long_name") : name;
    const std::vector<std::int64_t> shape = hdf5::shape(dataset);
    if (shape.size() == 2)
      record.lists.push_back({name, long_name, {shape[1], numbers(name, {runs_, shape[1]})}});
    else if (shape.size() == 1)
      record.scalars.push_back({name, long_name, numbers(name, {runs_})});
  }

  /// An axis, a computed value, a scalar or a list.
  void read_column(const std::string& name, SweepRecord& record) {
    const hdf5::Handle dataset = open(name);
    if (H5DSis_scale(dataset) > 0) return;  // a dimension of tables
    const bool axis = hdf5::has_attribute(dataset, "role"), text = is_text(dataset);
    if (!axis) {
      if (!text && !name.ends_with("_curve")) read_result(dataset, name, record);
      return;
    }
    SweepColumn column;
    column.name = name;
    column.key = hdf5::read_text_attribute(dataset, "key");
    column.role = by_name<SweepRole>(hdf5::read_text_attribute(dataset, "role"),
                                     fmt::format("{}: {}: role", path_, name));
    column.is_text = text;
    if (text)
      column.texts = texts(name);
    else
      column.numbers = numbers(name, {runs_});
    record.columns.push_back(std::move(column));
  }

  const SweepScalar& scalar(const std::string& name, const SweepRecord& record) const {
    const auto found = std::ranges::find(record.scalars, name, &SweepScalar::name);
    if (found != record.scalars.end()) return *found;
    const hdf5::Handle dataset = open(name);  // names it where it is missing
    require_kind(dataset, name, false);
    require_shape(dataset, name, {runs_});
    refuse(fmt::format("{}: has a role, expected a result of the runs", name));
  }

  /// A table of which `count` says how many entries of each row are there.
  SweepTable padded(const std::string& name, const SweepScalar& count) {
    double most = 0;
    for (const double value : count.values)
      if (std::isfinite(value)) most = std::max(most, value);
    if (most == 0 && !has(name)) return {};
    const hdf5::Handle dataset = open(name);
    const std::vector<std::int64_t> shape = hdf5::shape(dataset);
    if (shape.size() != 2) refuse(fmt::format("{}: {} axes, expected 2", name, shape.size()));
    if (most > static_cast<double>(shape[1]))
      refuse(fmt::format("{}: room for {} entries a run, expected {} as {} says", name, shape[1], most,
                         count.name));
    return {shape[1], numbers(name, {runs_, shape[1]})};
  }

  void read_visits(SweepRecord& record) {
    const SweepScalar& visits = scalar("visit_count", record);
    const std::pair<const char*, SweepTable SweepRecord::*> tables[] = {
        {"visit_loss", &SweepRecord::visit_loss},
        {"visit_time", &SweepRecord::visit_time},
        {"visit_enter", &SweepRecord::visit_enter},
        {"visit_leave", &SweepRecord::visit_leave},
        {"visit_depth", &SweepRecord::visit_depth}};
    for (const auto& [name, field] : tables) {
      record.*field = padded(name, visits);
      if ((record.*field).width != record.visit_loss.width)
        refuse(fmt::format("{}: room for {} visits a run, expected {} as visit_loss", name,
                           (record.*field).width, record.visit_loss.width));
    }
    record.jump_time = padded("jump_time", scalar("jump_count", record));
  }

  void read_curves(SweepRecord& record) {
    if (!has("curve_time") && !has("loss_curve")) return;  // no run has a path
    record.curve_time = dimension("curve_time");
    const auto& times = record.curve_time;
    if (!std::ranges::all_of(times, [](double t) { return std::isfinite(t); }) ||
        std::ranges::adjacent_find(times, std::greater_equal<>()) != times.end())
      refuse("curve_time: does not ascend, expected the common times of the curves");
    const std::int64_t width = std::ssize(times);
    record.loss_curve = {width, numbers("loss_curve", {runs_, width})};
    if (has("weight_norm_curve"))
      record.weight_norm_curve = {width, numbers("weight_norm_curve", {runs_, width})};
    if (has("test_loss_curve")) record.test_loss_curve = {width, numbers("test_loss_curve", {runs_, width})};
  }

  std::string path_;
  hdf5::Handle file_;
  std::vector<std::string> names_;
  std::set<std::string> known_;  ///< what has been read, or is read by its name
  std::int64_t runs_ = 0;
};

}  // namespace

bool is_sweep_file(const std::string& path) {
  // Only a run file is written for a long time; a collected one is there as a whole or not at all.
  if (file_state(path) != FileState::closed) return false;
  try {
    return says_sweep(hdf5::open_file_patiently(path, H5F_ACC_RDONLY));
  } catch (const IoError&) {
    return false;  // a run whose writer has begun since, or a damaged file: its reader says so
  }
}

SweepRecord read_sweep(const std::string& path) {
  hdf5::silence();
  file_state(path);  // refuses what is no HDF5 file
  return SweepFile(path).read();
}

}  // namespace saddleflow::archive
