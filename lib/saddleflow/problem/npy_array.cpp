#include "saddleflow/problem/npy_array.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <bit>
#include <cstdint>
#include <cstring>
#include <limits>
#include <type_traits>

#include "saddleflow/base/error.hpp"
#include "saddleflow/problem/npy_header.hpp"

namespace saddleflow {

namespace {

static_assert(std::endian::native == std::endian::little, "numbers are copied as they lie in the file");

constexpr std::string_view kMagic("\x93NUMPY", 6);

/// Takes one number out of the bytes. NaN (which no integer is) where a double does not hold it.
using ReadNumber = double (*)(const char*);

template <class T>
double read_number(const char* bytes) {
  T value;
  std::memcpy(&value, bytes, sizeof value);
  if constexpr (std::is_integral_v<T> && sizeof(T) == 8) {
    constexpr auto largest = T{1} << std::numeric_limits<double>::digits;
    const bool held = value <= largest && (std::is_unsigned_v<T> || value >= T{0} - largest);
    if (!held) return std::numeric_limits<double>::quiet_NaN();
  }
  return static_cast<double>(value);
}

double read_boolean(const char* bytes) { return *bytes == 0 ? 0 : 1; }

struct NumberType {
  std::string_view name;
  std::size_t size;
  ReadNumber read;
};
constexpr NumberType kNumberTypes[] = {
    {"<f4", 4, &read_number<float>},
    {"<f8", 8, &read_number<double>},
    {"|i1", 1, &read_number<std::int8_t>},
    {"|u1", 1, &read_number<std::uint8_t>},
    {"<i2", 2, &read_number<std::int16_t>},
    {"<u2", 2, &read_number<std::uint16_t>},
    {"<i4", 4, &read_number<std::int32_t>},
    {"<u4", 4, &read_number<std::uint32_t>},
    {"<i8", 8, &read_number<std::int64_t>},
    {"<u8", 8, &read_number<std::uint64_t>},
    {"|b1", 1, &read_boolean},
};

std::string type_in_words(const std::string& type) {
  if (type.starts_with('[')) return "a structure";
  if (type.size() < 2) return "an unknown type";
  if (type[1] == 'O') return "Python objects (a pickle)";
  if (type[0] == '>') return "big-endian numbers";
  if (type[1] == 'c') return "complex numbers";
  if (type[1] == 'U' || type[1] == 'S') return "texts";
  return "an unknown type";
}

const NumberType& number_type(const std::string& type, const std::string& place) {
  for (const NumberType& known : kNumberTypes)
    if (known.name == type) return known;
  throw InputError(fmt::format("{}: {} found ({}), expected integers, f4, f8 or bool, little-endian", place,
                               type_in_words(type), type));
}

std::size_t little_endian(std::string_view bytes) {
  std::size_t value = 0;
  for (std::size_t i = bytes.size(); i-- > 0;) value = (value << 8) | static_cast<unsigned char>(bytes[i]);
  return value;
}

/// Header and what follows it.
struct NpyParts {
  NpyHeader header;
  std::string_view numbers;
};

NpyParts split(std::string_view bytes, const std::string& place) {
  if (!is_npy(bytes)) throw InputError(place + ": found no array of NumPy (.npy), expected one");
  const std::string cut = place + ": found an array whose header is cut short, expected a whole one";
  if (bytes.size() < 8) throw InputError(cut);
  const int version = static_cast<unsigned char>(bytes[6]);
  if (version < 1 || version > 3)
    throw InputError(fmt::format("{}: found version {} of the format, expected 1 to 3", place, version));
  const std::size_t width = version == 1 ? 2 : 4, begin = 8 + width;
  if (bytes.size() < begin) throw InputError(cut);
  const std::size_t length = little_endian(bytes.substr(8, width));
  if (bytes.size() - begin < length) throw InputError(cut);
  return {parse_npy_header(bytes.substr(begin, length), place), bytes.substr(begin + length)};
}

/// A number of at most so many; -1 where it is larger.
std::int64_t bounded_product(std::int64_t a, std::int64_t b, std::int64_t most) {
  return b != 0 && a > most / b ? -1 : a * b;
}

}  // namespace

bool is_npy(std::string_view bytes) { return bytes.starts_with(kMagic); }

archive::Matrix2D parse_npy(std::string_view bytes, const std::string& place) {
  const auto [header, numbers] = split(bytes, place);
  const NumberType& type = number_type(header.type, place);
  if (header.shape.empty() || header.shape.size() > 2)
    throw InputError(fmt::format("{}: found {} axes ({}), expected 2, or 1 for a single column", place,
                                 header.shape.size(), fmt::join(header.shape, " x ")));
  archive::Matrix2D table{header.shape.front(), header.shape.size() == 2 ? header.shape.back() : 1, {}};
  const auto held = static_cast<std::int64_t>(numbers.size() / type.size);
  const std::int64_t count = bounded_product(table.rows, table.columns, held);
  if (count != held || numbers.size() % type.size != 0)
    throw InputError(fmt::format(
        "{}: found {} bytes of numbers, expected {} x {} of {} bytes: the file is {}", place, numbers.size(),
        table.rows, table.columns, type.size, count < 0 ? "cut short" : "too long"));
  table.values.resize(static_cast<std::size_t>(count));
  for (std::int64_t i = 0; i < table.rows; ++i)
    for (std::int64_t j = 0; j < table.columns; ++j) {
      const std::int64_t from = header.fortran_order ? i + j * table.rows : i * table.columns + j;
      double& value = table.values[static_cast<std::size_t>(i * table.columns + j)];
      value = type.read(numbers.data() + static_cast<std::size_t>(from) * type.size);
      if (value != value && type.name[1] != 'f')
        throw InputError(
            fmt::format("{}: row {}, column {}: found an integer beyond 2^53, which a double does "
                        "not hold",
                        place, i + 1, j + 1));
    }
  return table;
}

}  // namespace saddleflow
