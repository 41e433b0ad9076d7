#include "saddleflow/archive/commit.hpp"

#include <algorithm>
#include <cmath>

#include "saddleflow/archive/hdf5/dataset.hpp"
#include "saddleflow/base/error.hpp"

namespace saddleflow::archive {
namespace {

std::int64_t length(hid_t file, const DatasetSpec& spec) {
  const std::vector<std::int64_t> shape = hdf5::shape(hdf5::open_dataset(file, path_in(file, spec)));
  if (shape.size() != spec.axes.size()) {
    throw InputError(hdf5::file_name(file) + ": " + spec.path + ": " + std::to_string(shape.size()) +
                     " axes, expected " + std::to_string(spec.axes.size()));
  }
  return shape.front();
}

}  // namespace

std::string path_in(hid_t file, const DatasetSpec& spec) {
  const bool formerly =
      !spec.former_path.empty() && !hdf5::exists(file, spec.path) && hdf5::exists(file, spec.former_path);
  return formerly ? spec.former_path : spec.path;
}

bool is_expected(hid_t file, const DatasetSpec& spec) {
  if (spec.presence != Presence::always && !hdf5::exists(file, path_in(file, spec))) return false;
  return std::none_of(spec.axes.begin(), spec.axes.end(), [file](const std::string& axis) {
    return is_optional_axis(axis) && !hdf5::exists(file, axis);
  });
}

std::int64_t committed_rows(hid_t file, const std::vector<DatasetSpec>& stream) {
  const DatasetSpec& scale = stream.back();
  if (!is_expected(file, scale)) return 0;
  std::int64_t rows = length(file, scale);
  const hdf5::Handle marks = hdf5::open_dataset(file, scale.path);
  const auto written = [&](std::int64_t row) {
    if (scale.kind == Kind::real) return !std::isnan(hdf5::read_rows<double>(marks, row, 1).front());
    return hdf5::read_rows<std::int64_t>(marks, row, 1).front() != -1;
  };
  while (rows > 0 && !written(rows - 1)) --rows;
  for (const DatasetSpec& spec : stream) {
    if (is_expected(file, spec)) rows = std::min(rows, length(file, spec));
  }
  return rows;
}

void cut(hid_t file, const std::vector<DatasetSpec>& stream, std::int64_t rows) {
  if (rows > 0 && !is_expected(file, stream.back()))
    throw InputError(hdf5::file_name(file) + ": no " + stream.back().path + ", expected at least " +
                     std::to_string(rows) + " rows");
  for (const DatasetSpec& spec : stream) {
    if (!is_expected(file, spec)) continue;
    const std::int64_t found = length(file, spec);
    if (found < rows) {
      throw InputError(hdf5::file_name(file) + ": " + spec.path + ": " + std::to_string(found) +
                       " rows, expected at least " + std::to_string(rows));
    }
    if (found > rows) hdf5::resize_rows(hdf5::open_dataset(file, path_in(file, spec)), rows);
  }
}

}  // namespace saddleflow::archive
