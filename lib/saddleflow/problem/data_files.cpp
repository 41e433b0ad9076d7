#include "saddleflow/problem/data_files.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>

#include "saddleflow/base/error.hpp"
#include "saddleflow/problem/csv_reader.hpp"
#include "saddleflow/problem/standardise.hpp"

namespace saddleflow {

namespace {

std::string read_file(const std::filesystem::path& path) {
  std::error_code error;
  const auto status = std::filesystem::status(path, error);
  if (status.type() == std::filesystem::file_type::not_found)
    throw InputError(fmt::format("{}: no such file, expected a CSV or HDF5 data set", path.string()));
  if (std::filesystem::is_directory(status))
    throw InputError(fmt::format("{}: a folder, expected a CSV or HDF5 data set", path.string()));
  errno = 0;
  std::ifstream stream(path, std::ios::binary);
  if (!stream) throw IoError(fmt::format("{}: cannot be opened: {}", path.string(), std::strerror(errno)));
  std::string text{std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()};
  if (stream.bad()) throw IoError(fmt::format("{}: cannot be read: {}", path.string(), std::strerror(errno)));
  return text;
}

}  // namespace

Dataset load_dataset(const std::filesystem::path& path, const FileOptions& options) {
  Dataset data = parse_csv(read_file(path), path.string(), options.drop_gaps);
  if (options.standardise) standardise(data);
  return data;
}

}  // namespace saddleflow
