#include "saddleflow/problem/npz_archive.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <zip.h>

#include <array>
#include <memory>
#include <vector>

#include "saddleflow/base/error.hpp"
#include "saddleflow/base/memory_bound.hpp"
#include "saddleflow/problem/npy_array.hpp"

namespace saddleflow {

namespace {

constexpr std::string_view kNpyEnding = ".npy";

struct ZipCloser {
  void operator()(zip_t* archive) const { zip_discard(archive); }
  void operator()(zip_file_t* file) const { zip_fclose(file); }
};
using ZipArchive = std::unique_ptr<zip_t, ZipCloser>;
using ZipFile = std::unique_ptr<zip_file_t, ZipCloser>;

ZipArchive open_zip(const std::string& path) {
  int code = 0;
  ZipArchive archive(zip_open(path.c_str(), ZIP_RDONLY | ZIP_CHECKCONS, &code));
  if (archive) return archive;
  zip_error_t error;
  zip_error_init_with_code(&error, code);
  const std::string reason = zip_error_strerror(&error);
  zip_error_fini(&error);
  throw InputError(fmt::format("{}: not an archive of arrays (.npz) that can be read: {}", path, reason));
}

/// "expected one of: X, y".
std::string array_names(zip_t* archive) {
  std::vector<std::string> names;
  for (zip_int64_t i = 0; i < zip_get_num_entries(archive, 0); ++i) {
    const char* name = zip_get_name(archive, static_cast<zip_uint64_t>(i), 0);
    std::string entry = name == nullptr ? "" : name;
    if (entry.ends_with(kNpyEnding)) entry.resize(entry.size() - kNpyEnding.size());
    names.push_back(std::move(entry));
  }
  return names.empty() ? "the file has none" : fmt::format("expected one of: {}", fmt::join(names, ", "));
}

/// Unpacked; libzip checks the sum of the bytes at the end.
std::string read_entry(zip_t* archive, zip_uint64_t index, const std::string& place) {
  const ZipFile file(zip_fopen_index(archive, index, 0));
  if (!file) throw InputError(fmt::format("{}: cannot be unpacked: {}", place, zip_strerror(archive)));
  std::string bytes;
  std::array<char, 1 << 16> block{};
  for (;;) {
    const zip_int64_t count = zip_fread(file.get(), block.data(), block.size());
    if (count < 0)
      throw InputError(fmt::format("{}: cannot be unpacked: {}", place, zip_file_strerror(file.get())));
    if (count == 0) return bytes;
    bytes.append(block.data(), static_cast<std::size_t>(count));
    // A small archive can hold an array of any size.
    require_memory(place, "bytes of packed numbers, eight to a number", static_cast<double>(bytes.size()));
  }
}

}  // namespace

archive::Matrix2D read_npz(const std::string& path, const std::string& name) {
  const ZipArchive archive = open_zip(path);
  const zip_int64_t index = zip_name_locate(archive.get(), (name + std::string(kNpyEnding)).c_str(), 0);
  if (index < 0) throw InputError(fmt::format("{}: no array {}, {}", path, name, array_names(archive.get())));
  const std::string place = path + ": " + name;
  return parse_npy(read_entry(archive.get(), static_cast<zip_uint64_t>(index), place), place);
}

}  // namespace saddleflow
