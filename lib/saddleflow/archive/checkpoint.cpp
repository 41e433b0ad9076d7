#include "saddleflow/archive/checkpoint.hpp"

#include <unistd.h>

#include <array>
#include <boost/crc.hpp>
#include <cmath>
#include <concepts>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <limits>
#include <type_traits>
#include <utility>

#include "saddleflow/archive/draft.hpp"
#include "saddleflow/archive/file_lock.hpp"
#include "saddleflow/archive/file_seal.hpp"
#include "saddleflow/archive/hdf5/attribute.hpp"
#include "saddleflow/archive/hdf5/dataset.hpp"
#include "saddleflow/archive/recovery.hpp"
#include "saddleflow/base/error.hpp"
#include "saddleflow/base/output_path.hpp"

namespace saddleflow::archive {
namespace {

constexpr const char* checkpoint_format = "saddleflow-checkpoint";
constexpr std::int64_t real_digits = std::numeric_limits<Real>::digits;

// x = (hi + lo) * 2^exponent with |hi| in [1/2, 1]: exact for 64 binary digits, and over the whole range of
// Real.
struct Split {
  double hi, lo, exponent;
};
constexpr std::size_t kParts = 3;  // of a Split

Split split(Real x) {
  if (!std::isfinite(x)) return {static_cast<double>(x), 0.0, 0.0};
  int exponent = 0;
  const Real mantissa = std::frexp(x, &exponent);
  const auto hi = static_cast<double>(mantissa);
  return {hi, static_cast<double>(mantissa - Real(hi)), static_cast<double>(exponent)};
}

Real join(double hi, double lo, double exponent) {
  // An added zero would turn -0 into +0.
  const Real mantissa = lo == 0 ? Real(hi) : Real(hi) + Real(lo);
  return std::ldexp(mantissa, static_cast<int>(exponent));
}

constexpr const char* checksum_attribute = "checksum";

/// Over all that a resume relies on, names and lengths included, in the order of the maps.
class CheckpointSum {
 public:
  void add(const std::string& text) {
    add(static_cast<std::int64_t>(text.size()));
    sum_.process_bytes(text.data(), text.size());
  }
  void add(std::int64_t number) { sum_.process_bytes(&number, sizeof number); }
  template <std::floating_point Number>
  void add(Number number) {
    if constexpr (std::is_same_v<Number, double>) {
      sum_.process_bytes(&number, sizeof number);
    } else {  // a long double has bytes that mean nothing
      const Split parts = split(number);
      for (const double part : {parts.hi, parts.lo, parts.exponent}) add(part);
    }
  }
  template <class Values>
  void add_all(const std::map<std::string, Values>& named) {
    add(static_cast<std::int64_t>(named.size()));
    for (const auto& [name, values] : named) {
      add(name);
      if constexpr (std::is_same_v<Values, std::string>) {
        add(std::string(values.c_str()));  // what the file keeps of it
      } else {
        add(static_cast<std::int64_t>(values.size()));
        for (const auto value : values) add(value);
      }
    }
  }
  std::string in_digits() const {
    std::array<char, 17> text{};
    std::snprintf(text.data(), text.size(), "%016llx", static_cast<unsigned long long>(sum_.checksum()));
    return text.data();
  }

 private:
  // The polynomial of ECMA-182. The initial ones make zeros at the start count, too.
  boost::crc_optimal<64, 0x42F0E1EBA9EA3693, ~0ULL, 0, false, false> sum_;
};

std::string checksum_of(const Checkpoint& checkpoint) {
  CheckpointSum sum;
  sum.add(checkpoint.run_id);
  const RowCounts& rows = checkpoint.rows;
  for (const std::int64_t count : {rows.time, rows.snapshot, rows.event, rows.saddle, rows.mode_change})
    sum.add(count);
  sum.add_all(checkpoint.reals);
  sum.add_all(checkpoint.integers);
  sum.add_all(checkpoint.texts);
  return sum.in_digits();
}

/// Checkpoints before there was a checksum have none.
void require_checksum(hid_t root, const Checkpoint& checkpoint, const std::string& path) {
  if (!hdf5::has_attribute(root, checksum_attribute)) return;
  const std::string stored = hdf5::read_text_attribute(root, checksum_attribute),
                    found = checksum_of(checkpoint);
  if (stored == found) return;
  throw InputError(
      path + ": the checksum of its numbers is " + found + ", expected " + stored +
      " as written: the checkpoint has been altered or damaged (without it, --resume integrates from "
      "the start)");
}

hdf5::Handle create_dataset(hid_t group, const std::string& name, hid_t type,
                            const std::vector<hsize_t>& sizes) {
  const hdf5::Handle space(H5Screate_simple(static_cast<int>(sizes.size()), sizes.data(), nullptr), H5Sclose);
  const hid_t dataset = H5Dcreate2(group, name.c_str(), type, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
  return {hdf5::check(dataset, group, name, "create"), H5Dclose};
}

void write_reals(hid_t group, const std::string& name, const std::vector<Real>& values) {
  std::vector<double> numbers;
  numbers.reserve(kParts * values.size());
  for (const Real value : values) {
    const Split parts = split(value);
    numbers.insert(numbers.end(), {parts.hi, parts.lo, parts.exponent});
  }
  hdf5::write_all(create_dataset(group, name, H5T_IEEE_F64LE, {values.size(), kParts}), numbers);
}

/// InputError unless the dataset has these axes and numbers of this kind.
void require_form(hid_t dataset, std::size_t axes, std::int64_t width, bool reals) {
  const std::vector<std::int64_t> shape = hdf5::shape(dataset);
  const bool kind = reals ? hdf5::holds_floats(dataset) : hdf5::holds_integers(dataset);
  if (kind && shape.size() == axes && hdf5::row_width(shape) == width) return;
  throw InputError(hdf5::place_of(dataset) + ": found " + std::to_string(shape.size()) +
                   (shape.size() == 1 ? " axis" : " axes") + (kind ? "" : " of another type") +
                   ", expected " + (reals ? "rows of three floating-point numbers" : "a row of integers"));
}

/// InputError for an exponent that no number of any Real has.
void require_exponent(hid_t dataset, double exponent) {
  constexpr double most = 2.0 * std::numeric_limits<long double>::max_exponent;  // subnormal ones, too
  if (std::abs(exponent) <= most && exponent == std::trunc(exponent)) return;
  throw InputError(hdf5::place_of(dataset) + ": found the binary exponent " + std::to_string(exponent) +
                   ", expected a whole number of at most " + std::to_string(most) + " in size");
}

std::vector<Real> read_reals(hid_t group, const std::string& name) {
  const hdf5::Handle dataset = hdf5::open_dataset(group, name);
  require_form(dataset, 2, kParts, true);
  const std::vector<double> numbers = hdf5::read_all<double>(dataset);
  std::vector<Real> values;
  values.reserve(numbers.size() / kParts);
  for (std::size_t k = 0; k + kParts <= numbers.size(); k += kParts) {
    require_exponent(dataset, numbers[k + 2]);
    values.push_back(join(numbers[k], numbers[k + 1], numbers[k + 2]));
  }
  return values;
}

std::vector<std::string> member_names(hid_t group) {
  std::vector<std::string> names;
  const auto keep = [](hid_t, const char* name, const H5L_info_t*, void* list) -> herr_t {
    static_cast<std::vector<std::string>*>(list)->emplace_back(name);
    return 0;
  };
  hdf5::check(H5Literate(group, H5_INDEX_NAME, H5_ITER_INC, nullptr, keep, &names), group, "", "list");
  return names;
}

void write_file(const std::string& path, const Checkpoint& checkpoint) {
  hdf5::Handle file = hdf5::create_file(path);
  const hdf5::Handle root = hdf5::open_group(file, "/");
  hdf5::write_attribute(root, "format", std::string(checkpoint_format));
  hdf5::write_attribute(root, "run_id", checkpoint.run_id);
  hdf5::write_scalar_attribute(root, "real_digits", real_digits);
  const RowCounts& rows = checkpoint.rows;
  hdf5::write_attribute(
      root, "rows",
      std::vector<std::int64_t>{rows.time, rows.snapshot, rows.event, rows.saddle, rows.mode_change});
  const hdf5::Handle reals = hdf5::create_group(file, "/reals");
  for (const auto& [name, values] : checkpoint.reals) write_reals(reals, name, values);
  const hdf5::Handle integers = hdf5::create_group(file, "/integers");
  for (const auto& [name, values] : checkpoint.integers) {
    hdf5::write_all(create_dataset(integers, name, H5T_STD_I64LE, {values.size()}), values);
  }
  const hdf5::Handle texts = hdf5::create_group(file, "/texts");
  for (const auto& [name, text] : checkpoint.texts) hdf5::write_text(texts, name, text, name);
  hdf5::write_attribute(root, checksum_attribute, checksum_of(checkpoint));
  hdf5::close_file(file, path);
}

Checkpoint read_file(hid_t file, const std::string& path) {
  const hdf5::Handle root = hdf5::open_group(file, "/");
  const std::string format =
      hdf5::has_attribute(root, "format") ? hdf5::read_text_attribute(root, "format") : "";
  if (format != checkpoint_format) {
    throw InputError(path + ": format is '" + format + "', expected '" + checkpoint_format + "'");
  }
  const std::int64_t digits = hdf5::read_one_integer(root, "real_digits");
  if (digits != real_digits) {
    throw InputError(path + ": written by a build with " + std::to_string(digits) +
                     " binary digits, expected " + std::to_string(real_digits) +
                     " (presets release and reference cannot resume each other)");
  }
  Checkpoint checkpoint;
  checkpoint.run_id = hdf5::read_text_attribute(root, "run_id");
  const auto rows = hdf5::read_integer_attribute(root, "rows");
  // Before mode changes were recorded there were four.
  if (rows.size() != 4 && rows.size() != 5)
    throw InputError(path + ": attribute rows has " + std::to_string(rows.size()) +
                     " numbers, expected five");
  for (const std::int64_t count : rows)
    if (count < 0)
      throw InputError(path + ": attribute rows holds " + std::to_string(count) +
                       ", expected numbers of rows, 0 or more");
  checkpoint.rows = {rows[0], rows[1], rows[2], rows[3], rows.size() > 4 ? rows[4] : 0};
  const hdf5::Handle reals = hdf5::open_group(file, "/reals");
  for (const std::string& name : member_names(reals)) checkpoint.reals[name] = read_reals(reals, name);
  const hdf5::Handle integers = hdf5::open_group(file, "/integers");
  for (const std::string& name : member_names(integers)) {
    const hdf5::Handle dataset = hdf5::open_dataset(integers, name);
    require_form(dataset, 1, 1, false);
    checkpoint.integers[name] = hdf5::read_all<std::int64_t>(dataset);
  }
  const hdf5::Handle texts = hdf5::open_group(file, "/texts");
  for (const std::string& name : member_names(texts)) checkpoint.texts[name] = hdf5::read_text(texts, name);
  require_checksum(root, checkpoint, path);
  return checkpoint;
}

/// A file that is there only while it is made, and not from the start: a run that was killed may have left
/// one.
class Temporary {
 public:
  explicit Temporary(std::string name) : name_(std::move(name)) { remove(); }
  Temporary(const Temporary&) = delete;
  Temporary& operator=(const Temporary&) = delete;
  ~Temporary() { remove(); }
  const std::string& name() const { return name_; }

 private:
  void remove() const { ::unlink(name_.c_str()); }

  std::string name_;
};

}  // namespace

std::string checkpoint_path(const std::string& name) {
  const std::string run_path = followed(name);
  // Only the ending .h5 gives way: "delta0.1" and "delta0.2" are two runs.
  const bool usual = run_path.ends_with(".h5");
  return (usual ? run_path.substr(0, run_path.size() - 3) : run_path) + ".ckpt.h5";
}

void write_checkpoint(const std::string& path, const Checkpoint& checkpoint) {
  const Temporary temporary(path + ".tmp");
  try {
    write_file(temporary.name(), checkpoint);
    seal_file(temporary.name());
    sync_file(temporary.name());
  } catch (const IoError& error) {
    throw IoError(about(path, temporary.name(), error));
  }
  if (std::rename(temporary.name().c_str(), path.c_str()) != 0)
    throw IoError(path + ": cannot rename " + temporary.name() + " to it: " + std::strerror(errno));
  sync_folder_of(path);
}

Checkpoint read_checkpoint(const std::string& path) {
  if (file_state(path) != FileState::closed)
    throw InputError(path + ": not closed by its writer, no checkpoint");
  require_seal(path);
  return read_file(hdf5::open_file(path, H5F_ACC_RDONLY), path);
}

void remove_checkpoint(const std::string& run_path) {
  std::error_code ignored;
  std::filesystem::remove(checkpoint_path(run_path), ignored);
}

}  // namespace saddleflow::archive
