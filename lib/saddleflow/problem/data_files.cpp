#include "saddleflow/problem/data_files.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>
#include <string_view>

#include "saddleflow/base/error.hpp"
#include "saddleflow/problem/csv_reader.hpp"
#include "saddleflow/problem/hdf5_data.hpp"
#include "saddleflow/problem/standardise.hpp"

namespace saddleflow {

namespace {

void require_file(const std::filesystem::path& path) {
  std::error_code error;
  const auto status = std::filesystem::status(path, error);
  if (status.type() == std::filesystem::file_type::not_found)
    throw InputError(fmt::format("{}: no such file, expected a CSV or HDF5 data set", path.string()));
  if (std::filesystem::is_directory(status))
    throw InputError(fmt::format("{}: a folder, expected a CSV or HDF5 data set", path.string()));
}

std::string read_file(const std::filesystem::path& path) {
  errno = 0;
  std::ifstream stream(path, std::ios::binary);
  if (!stream) throw IoError(fmt::format("{}: cannot be opened: {}", path.string(), std::strerror(errno)));
  std::string text{std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()};
  if (stream.bad()) throw IoError(fmt::format("{}: cannot be read: {}", path.string(), std::strerror(errno)));
  return text;
}

bool is_hdf5(const std::filesystem::path& path) {
  const std::string ending = path.extension().string();
  if (ending == ".h5" || ending == ".hdf5") return true;
  constexpr std::string_view signature("\x89HDF\r\n\x1a\n", 8);
  std::string start(signature.size(), '\0');
  std::ifstream(path, std::ios::binary).read(start.data(), static_cast<std::streamsize>(start.size()));
  return start == signature;
}

}  // namespace

Dataset load_dataset(const std::filesystem::path& path, const FileOptions& options) {
  require_file(path);
  Dataset data = is_hdf5(path) ? read_hdf5_data(path.string(), options.drop_gaps)
                               : parse_csv(read_file(path), path.string(), options.drop_gaps);
  if (options.standardise) options.class_targets ? standardise_inputs(data) : standardise(data);
  return data;
}

}  // namespace saddleflow
