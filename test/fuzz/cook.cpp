#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <map>
#include <optional>

#include "hdf5_place.hpp"
#include "hdf5_remake.hpp"
#include "recipe.hpp"
#include "saddleflow/archive/hdf5/dataset.hpp"
#include "saddleflow/archive/hdf5/error.hpp"
#include "saddleflow/base/error.hpp"
#include "saddleflow/study/study_table.hpp"
#include "scratch.hpp"

namespace saddleflow::fuzz {
namespace {

using Words = std::vector<std::string>;

double real_of(const std::string& word) { return std::strtod(word.c_str(), nullptr); }
std::int64_t integer_of(const std::string& word) {
  return static_cast<std::int64_t>(std::strtoll(word.c_str(), nullptr, 10));
}

/// Remainder: whatever the length, an index names an entry.
std::size_t within(const std::string& word, std::size_t length) {
  return static_cast<std::size_t>(std::strtoull(word.c_str(), nullptr, 10)) % length;
}

std::string unescaped(const std::string& text) {
  std::string bytes;
  for (std::size_t k = 0; k < text.size(); ++k) {
    if (text[k] != '%' || k + 2 >= text.size()) {
      bytes += text[k];
      continue;
    }
    bytes += static_cast<char>(std::strtol(text.substr(k + 1, 2).c_str(), nullptr, 16));
    k += 2;
  }
  return bytes;
}

void erase(hid_t file, const Words& words) {
  const auto [path, attribute] = parts_of(words[0]);
  if (attribute.empty())
    H5Ldelete(file, path.c_str(), H5P_DEFAULT);
  else
    H5Adelete_by_name(file, path.c_str(), attribute.c_str(), H5P_DEFAULT);
}

void rename(hid_t file, const Words& words) {
  const auto [path, attribute] = parts_of(words[0]);
  if (attribute.empty())
    H5Lmove(file, path.c_str(), file, words[1].c_str(), H5P_DEFAULT, H5P_DEFAULT);
  else
    H5Arename_by_name(file, path.c_str(), attribute.c_str(), words[1].c_str(), H5P_DEFAULT);
}

/// Numbers as the file has them: converted by HDF5 from a double or, where they are integers, from one of 64
/// bits.
void set_entries(const Place& place, std::optional<std::size_t> index, const std::string& word) {
  const hdf5::Handle kind = place.type();
  std::vector<unsigned char> all = place.bytes();
  const H5T_class_t of = H5Tget_class(kind);
  if (all.empty() || (of != H5T_FLOAT && of != H5T_INTEGER)) return;
  const std::size_t size = H5Tget_size(kind), count = all.size() / size;
  std::vector<unsigned char> value(std::max(size, sizeof(double)));
  const double real = real_of(word);
  const std::int64_t integer = integer_of(word);
  std::memcpy(value.data(), of == H5T_FLOAT ? static_cast<const void*>(&real) : &integer, sizeof real);
  H5Tconvert(of == H5T_FLOAT ? H5T_NATIVE_DOUBLE : H5T_NATIVE_INT64, kind, 1, value.data(), nullptr,
             H5P_DEFAULT);
  for (std::size_t k = 0; k < count; ++k)
    if (!index || *index % count == k) std::memcpy(all.data() + k * size, value.data(), size);
  place.write_bytes(all);
}

void set(hid_t file, const Words& words) {
  const Place place(file, words[0]);
  if (place.open()) set_entries(place, within(words[1], std::string::npos), words[2]);
}

void fill(hid_t file, const Words& words) {
  const Place place(file, words[0]);
  if (place.open()) set_entries(place, std::nullopt, words[1]);
}

void change_byte(hid_t file, const Words& words) {
  const Place place(file, words[0]);
  if (!place.open()) return;
  std::vector<unsigned char> all = place.bytes();
  if (all.empty()) return;
  all[within(words[1], all.size())] ^= static_cast<unsigned char>(integer_of(words[2]));
  place.write_bytes(all);
}

void write_text_at(hid_t file, const Words& words) { remake_as_text(file, words[0], unescaped(words[1])); }
void retype(hid_t file, const Words& words) { remake_as_type(file, words[0], words[1]); }

void reshape(hid_t file, const Words& words) {
  std::vector<hsize_t> sizes;
  for (std::size_t k = 1; k < words.size(); ++k)
    sizes.push_back(std::strtoull(words[k].c_str(), nullptr, 10));
  remake_with_shape(file, words[0], sizes);
}

void extend(hid_t file, const Words& words) {
  const Place place(file, words[0]);
  if (!place.open() || place.is_attribute()) return;
  const hdf5::Handle space = place.space();
  const int axes = H5Sget_simple_extent_ndims(space);
  if (axes < 1) return;
  std::vector<hsize_t> sizes(static_cast<std::size_t>(axes));
  H5Sget_simple_extent_dims(space, sizes.data(), nullptr);
  sizes[0] = std::strtoull(words[1].c_str(), nullptr, 10);
  if (is_telling_shape(sizes)) H5Dset_extent(place.id(), sizes.data());
}

void copy(hid_t file, const Words& words) {
  H5Ocopy(file, words[0].c_str(), file, words[1].c_str(), H5P_DEFAULT, H5P_DEFAULT);
}

void soft(hid_t file, const Words& words) {
  H5Ldelete(file, words[0].c_str(), H5P_DEFAULT);
  H5Lcreate_soft(words[1].c_str(), file, words[0].c_str(), H5P_DEFAULT, H5P_DEFAULT);
}

void change_study(hid_t file, const Words& words) {
  constexpr const char* place = "/config/toml";
  try {
    const std::string old = archive::hdf5::read_text(file, place);
    remake_as_text(file, place, StudyTable::parse(old, "recipe", {words[0]}).filled());
  } catch (const Error&) {  // no study, or a key that it refuses
  }
}

struct Verb {
  std::size_t words;  ///< at least
  void (*apply)(hid_t file, const Words& words);
};

const std::map<std::string, Verb>& verbs() {
  static const std::map<std::string, Verb> all{
      {"delete", {1, erase}},     {"rename", {2, rename}},
      {"copy", {2, copy}},        {"soft", {2, soft}},
      {"set", {3, set}},          {"fill", {2, fill}},
      {"byte", {3, change_byte}}, {"text", {2, write_text_at}},
      {"type", {2, retype}},      {"shape", {1, reshape}},
      {"extend", {2, extend}},    {"study", {1, change_study}},
  };
  return all;
}

}  // namespace

void cook(const std::string& bytes, const std::vector<Step>& steps, const std::string& path) {
  write_bytes(path, bytes);
  hdf5::silence();
  const hdf5::Handle latest = hdf5::latest_format();
  const hdf5::Handle file(H5Fopen(path.c_str(), H5F_ACC_RDWR, latest), H5Fclose);
  if (file.id() < 0) throw Finding("HDF5 does not open a file of the library");
  for (const Step& step : steps) {
    const auto verb = verbs().find(step.verb);
    if (verb != verbs().end() && step.words.size() >= verb->second.words)
      verb->second.apply(file, step.words);
  }
}

}  // namespace saddleflow::fuzz
