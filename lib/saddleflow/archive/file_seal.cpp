#include "saddleflow/archive/file_seal.hpp"

#include <fmt/format.h>

#include <boost/crc.hpp>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>
#include <string_view>

#include "saddleflow/base/error.hpp"

namespace saddleflow::archive {
namespace {

constexpr std::string_view kSealName = "saddleflow-seal ";
constexpr std::size_t kSealSize = kSealName.size() + 17;  // sixteen digits and a line break

std::string bytes_of(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::string bytes{std::istreambuf_iterator<char>(in), {}};
  if (!in.is_open() || in.bad()) throw IoError(path + ": cannot be read: " + std::strerror(errno));
  return bytes;
}

std::string seal_of(std::string_view bytes) {
  // The polynomial of ECMA-182.
  boost::crc_optimal<64, 0x42F0E1EBA9EA3693, ~0ULL, 0, false, false> sum;
  sum.process_bytes(bytes.data(), bytes.size());
  return fmt::format("{}{:016x}\n", kSealName, sum.checksum());
}

}  // namespace

void seal_file(const std::string& path) {
  const std::string seal = seal_of(bytes_of(path));
  std::ofstream out(path, std::ios::binary | std::ios::app);
  out << seal << std::flush;
  if (!out) throw IoError(path + ": cannot write: " + std::strerror(errno));
}

void require_seal(const std::string& path) {
  const std::string file = bytes_of(path);
  if (file.size() < kSealSize) return;
  const std::string_view bytes = std::string_view(file).substr(0, file.size() - kSealSize),
                         seal = std::string_view(file).substr(bytes.size());
  // A name with a wrong byte is still a seal, and a wrong one: of the two, the name and the digits, one is
  // whole.
  const std::string expected = seal_of(bytes);
  const bool sealed = seal.starts_with(kSealName) ||
                      seal.substr(kSealName.size()) == std::string_view(expected).substr(kSealName.size());
  if (sealed && seal != expected)
    throw InputError(path +
                     ": its bytes do not give the checksum at its end: damaged (without it, --resume "
                     "integrates from the start)");
}

}  // namespace saddleflow::archive
