#include "saddleflow/base/input_file.hpp"

#include <fmt/format.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>

#include "saddleflow/base/error.hpp"
#include "saddleflow/base/memory_bound.hpp"

namespace saddleflow {

namespace {

// Numbers made of a text take about as much room as it does, and there are two or three copies of them.
constexpr double kShareOfMemory = 8;

struct StreamCloser {
  void operator()(std::FILE* file) const { std::fclose(file); }
};

}  // namespace

std::string special_kind(const std::filesystem::path& path) {
  using std::filesystem::file_type;
  std::error_code ignored;
  switch (std::filesystem::status(path, ignored).type()) {
    case file_type::directory:
      return "a folder";
    case file_type::character:
    case file_type::block:
      return "a device";
    case file_type::fifo:
      return "a pipe (FIFO)";
    case file_type::socket:
      return "a socket";
    default:
      return "";
  }
}

void refuse_special_input(const std::filesystem::path& path, const std::string& expected) {
  const std::string kind = special_kind(path);
  if (kind.empty() || kind.starts_with("a pipe")) return;
  throw InputError(fmt::format("{}: is {}, expected {}", path.string(), kind, expected));
}

std::string read_input(const std::filesystem::path& path, const std::string& expected) {
  refuse_special_input(path, expected);
  const auto fail = [&](int error) {
    throw IoError(
        fmt::format("{}: cannot be read: {}, expected {}", path.string(), std::strerror(error), expected));
  };
  const std::unique_ptr<std::FILE, StreamCloser> file(std::fopen(path.c_str(), "rb"));
  if (!file) fail(errno);
  const double most = memory_bytes() / kShareOfMemory;
  std::string text;
  std::array<char, 1 << 16> block{};
  while (const std::size_t count = std::fread(block.data(), 1, block.size(), file.get())) {
    text.append(block.data(), count);
    if (static_cast<double>(text.size()) > most)
      throw InputError(fmt::format("{}: is longer than {:.3g} bytes, an eighth of the memory, expected {}",
                                   path.string(), most, expected));
  }
  if (std::ferror(file.get()) != 0) fail(errno);
  return text;
}

std::string first_bytes(const std::filesystem::path& path, std::size_t count) {
  const std::unique_ptr<std::FILE, StreamCloser> file(std::fopen(path.c_str(), "rb"));
  std::string bytes(count, '\0');
  if (file) bytes.resize(std::fread(bytes.data(), 1, count, file.get()));
  if (!file || std::ferror(file.get()) != 0)
    throw IoError(fmt::format("{}: cannot be read: {}", path.string(), std::strerror(errno)));
  return bytes;
}

}  // namespace saddleflow
