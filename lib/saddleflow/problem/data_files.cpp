#include "saddleflow/problem/data_files.hpp"

#include <fmt/format.h>

#include <string_view>

#include "saddleflow/base/error.hpp"
#include "saddleflow/base/input_file.hpp"
#include "saddleflow/problem/csv_reader.hpp"
#include "saddleflow/problem/data_table.hpp"
#include "saddleflow/problem/hdf5_data.hpp"
#include "saddleflow/problem/npy_array.hpp"
#include "saddleflow/problem/npz_archive.hpp"

namespace saddleflow {

namespace {

void require_file(const std::filesystem::path& path) {
  std::error_code error;
  const auto status = std::filesystem::status(path, error);
  if (status.type() == std::filesystem::file_type::not_found)
    throw InputError(
        fmt::format("{}: no such file, expected a data set (CSV, HDF5, .npz or .npy)", path.string()));
  // Not pipes either: the kind of a file is read before the file is.
  if (const std::string kind = special_kind(path); !kind.empty())
    throw InputError(
        fmt::format("{}: {}, expected a data set (CSV, HDF5, .npz or .npy)", path.string(), kind));
}

std::string read_file(const std::filesystem::path& path) { return read_input(path, "a data set"); }

enum class FileKind { csv, hdf5, npy, npz };

FileKind kind_of(const std::filesystem::path& path) {
  constexpr std::string_view hdf5("\x89HDF\r\n\x1a\n", 8), zip("PK\x03\x04", 4);
  const std::string start = first_bytes(path, hdf5.size());
  const std::string ending = path.extension().string();
  if (start == hdf5 || ending == ".h5" || ending == ".hdf5") return FileKind::hdf5;
  if (is_npy(start) || ending == ".npy") return FileKind::npy;
  if (start.starts_with(zip) || ending == ".npz") return FileKind::npz;
  return FileKind::csv;
}

void refuse_names(const std::filesystem::path& path, const FileOptions& options) {
  if (options.arrays != ArrayNames{})
    throw InputError(fmt::format(
        "{}: found data.array beside a file that names no arrays, expected HDF5 or .npz", path.string()));
}

/// The first columns are the inputs, the others the targets.
Dataset read_npy_data(const std::string& path, const FileOptions& options) {
  const archive::Matrix2D all = parse_npy(read_file(path), path);
  const std::int64_t d = options.input_count;
  if (d < 1 || all.columns <= d)
    throw InputError(fmt::format("{}: found {} columns, expected {} inputs and at least one target", path,
                                 all.columns, d));
  DataTable inputs{{all.rows, d, {}}, "inputs"}, targets{{all.rows, all.columns - d, {}}, "targets"};
  for (std::size_t i = 0; i < all.values.size(); ++i) {
    const bool input = static_cast<std::int64_t>(i) % all.columns < d;
    (input ? inputs : targets).numbers.values.push_back(all.values[i]);
  }
  return dataset_of(path, inputs, targets, options.drop_gaps);
}

Dataset read_npz_data(const std::string& path, const FileOptions& options) {
  const auto table = [&path](const std::string& name) { return DataTable{read_npz(path, name), name}; };
  const DataTable inputs = table(options.arrays.inputs);
  return dataset_of(path, inputs, table(options.arrays.targets), options.drop_gaps);
}

}  // namespace

Dataset load_dataset(const std::filesystem::path& path, const FileOptions& options) {
  require_file(path);
  const FileKind kind = kind_of(path);
  if (kind == FileKind::csv || kind == FileKind::npy) refuse_names(path, options);
  switch (kind) {
    case FileKind::hdf5:
      return read_hdf5_data(path.string(), options.arrays, options.drop_gaps);
    case FileKind::npy:
      return read_npy_data(path.string(), options);
    case FileKind::npz:
      return read_npz_data(path.string(), options);
    case FileKind::csv:
      break;
  }
  return parse_csv(read_file(path), path.string(), options.drop_gaps);
}

}  // namespace saddleflow
