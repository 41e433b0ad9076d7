// One table per enum: its values, the word for each, and its number in files. What reads and writes the
// words, the choices of a study's key, the attributes of a file and the messages about unknown words come
// from it.
//
//   enum class Chart { cartesian, polar };
//   template <>
//   inline constexpr auto enum_table<Chart> =
//       named_enum<Chart>("chart", {{Chart::cartesian, "cartesian"}, {Chart::polar, "polar"}});
//
// A table whose words or numbers are not all different does not compile.
#pragma once

#include <array>
#include <concepts>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

namespace saddleflow {

/// A row of the table. The flag is the number in files; if none is given, that of the enumerator.
template <class E>
struct NamedValue {
  E value;
  const char* name;
  int flag;
  constexpr NamedValue(E v, const char* n) : NamedValue(v, n, static_cast<int>(v)) {}
  constexpr NamedValue(E v, const char* n, int f) : value(v), name(n), flag(f) {}
};

template <class E, std::size_t size>
struct EnumTable {
  const char* what;  ///< of what the values are kinds, for messages
  std::array<NamedValue<E>, size> rows;
};

/// To be specialised for every enum that has a table, where the enum is defined.
struct NoEnumTable {};
template <class E>
inline constexpr NoEnumTable enum_table{};

template <class E>
concept NamedEnum = !std::same_as<std::remove_cvref_t<decltype(enum_table<E>)>, NoEnumTable>;

template <class E, std::size_t size>
consteval EnumTable<E, size> named_enum(const char* what, const NamedValue<E> (&rows)[size]) {
  for (std::size_t i = 0; i < size; ++i)
    for (std::size_t j = 0; j < i; ++j) {
      if (rows[i].value == rows[j].value) throw "a value has two rows";
      if (std::string_view(rows[i].name) == rows[j].name) throw "two values have one name";
      if (rows[i].flag == rows[j].flag) throw "two values have one flag";
    }
  return {what, std::to_array(rows)};
}

namespace detail {

[[noreturn]] void throw_unnamed(const char* what, int value);
[[noreturn]] void throw_unknown(std::string_view where, const char* what, std::string_view found,
                                const std::vector<std::string>& known);

template <NamedEnum E>
constexpr const NamedValue<E>& row_of(E value) {
  for (const NamedValue<E>& row : enum_table<E>.rows)
    if (row.value == value) return row;
  throw_unnamed(enum_table<E>.what, static_cast<int>(value));
}

}  // namespace detail

/// std::logic_error for a value without a row, here and in flag_of().
template <NamedEnum E>
constexpr const char* name_of(E value) {
  return detail::row_of(value).name;
}

/// The number in files.
template <NamedEnum E>
constexpr int flag_of(E value) {
  return detail::row_of(value).flag;
}

template <NamedEnum E>
constexpr std::optional<E> find_name(std::string_view name) {
  for (const NamedValue<E>& row : enum_table<E>.rows)
    if (name == row.name) return row.value;
  return std::nullopt;
}

template <NamedEnum E>
constexpr std::optional<E> find_flag(int flag) {
  for (const NamedValue<E>& row : enum_table<E>.rows)
    if (flag == row.flag) return row.value;
  return std::nullopt;
}

/// All words, in the order of the table.
template <NamedEnum E>
std::vector<std::string> names() {
  std::vector<std::string> all;
  for (const NamedValue<E>& row : enum_table<E>.rows) all.emplace_back(row.name);
  return all;
}

/// InputError "<where>: found ..., expected one of ..." for an unknown word; without `where` it begins with
/// what the values are.
template <NamedEnum E>
E by_name(std::string_view name, std::string_view where = "") {
  if (const std::optional<E> value = find_name<E>(name)) return *value;
  detail::throw_unknown(where, enum_table<E>.what, '"' + std::string(name) + '"', names<E>());
}

/// The same for a number of a file; the message lists the numbers with their words.
template <NamedEnum E>
E by_flag(int flag, std::string_view where = "") {
  if (const std::optional<E> value = find_flag<E>(flag)) return *value;
  std::vector<std::string> known;
  for (const NamedValue<E>& row : enum_table<E>.rows)
    known.push_back(std::to_string(row.flag) + " (" + row.name + ")");
  detail::throw_unknown(where, enum_table<E>.what, "flag " + std::to_string(flag), known);
}

/// The word as tables for people have it: "gradient-flat" for "gradient_flat".
std::string hyphenated(std::string_view name);
template <NamedEnum E>
std::string in_words(E value) {
  return hyphenated(name_of(value));
}

}  // namespace saddleflow
