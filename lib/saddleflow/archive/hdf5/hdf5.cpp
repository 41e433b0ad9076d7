#include "saddleflow/archive/hdf5/hdf5.hpp"

#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "saddleflow/archive/hdf5/dataset.hpp"
#include "saddleflow/archive/recovery.hpp"
#include "saddleflow/base/error.hpp"

namespace saddleflow::archive {
namespace {

hdf5::Handle open(const std::string& path) {
  const bool live = file_state(path) != FileState::closed;
  return hdf5::open_file(path, live ? H5F_ACC_RDONLY | H5F_ACC_SWMR_READ : H5F_ACC_RDONLY);
}

herr_t keep_dataset(hid_t, const char* name, const H5O_info_t* info, void* names) {
  if (info->type == H5O_TYPE_DATASET)
    static_cast<std::vector<std::string>*>(names)->push_back(std::string("/") += name);
  return 0;
}

std::vector<std::string> names_in(hid_t file) {
  std::vector<std::string> names;
  hdf5::check(H5Ovisit2(file, H5_INDEX_NAME, H5_ITER_INC, keep_dataset, &names, H5O_INFO_BASIC), file, "",
              "list");
  return names;
}

void require_dataset(hid_t file, const std::string& path, const std::string& name) {
  const std::vector<std::string> names = names_in(file);
  if (std::find(names.begin(), names.end(), name) != names.end()) return;
  throw InputError(names.empty() ? fmt::format("{}: no dataset {}, the file has none", path, name)
                                 : fmt::format("{}: no dataset {}, expected one of: {}", path, name,
                                               fmt::join(names, ", ")));
}

void require_numbers(hid_t dataset, const std::string& place) {
  const hdf5::Handle type(H5Dget_type(dataset), H5Tclose);
  const H5T_class_t kind = H5Tget_class(type);
  if (kind == H5T_INTEGER || kind == H5T_FLOAT) return;
  throw InputError(place + ": not numeric, expected integers or floating-point numbers");
}

}  // namespace

Matrix2D read_dataset_2d(const std::string& path, const std::string& name) {
  const std::string full_name = name.starts_with('/') ? name : std::string("/") += name;
  const std::string place = path + ": " + full_name;
  const hdf5::Handle file = open(path);
  require_dataset(file, path, full_name);
  const hdf5::Handle dataset = hdf5::open_dataset(file, full_name);
  require_numbers(dataset, place);
  const std::vector<std::int64_t> shape = hdf5::shape(dataset);
  if (shape.empty() || shape.size() > 2) {
    throw InputError(fmt::format("{}: {} axes, expected 2 (or 1 for a single column)", place, shape.size()));
  }
  return {shape.front(), hdf5::row_width(shape), hdf5::read_all<double>(dataset)};
}

std::vector<std::string> dataset_names(const std::string& path) { return names_in(open(path)); }

}  // namespace saddleflow::archive
