// A stream being written: rows are gathered in memory and go to the file in blocks, every dataset lengthened
// once and written once a block. The scale is written after the others, so that a reader may trust it.
// Internal to archive/.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "saddleflow/archive/hdf5/handle.hpp"
#include "saddleflow/archive/schema.hpp"

namespace saddleflow::archive {

/// The file's side: open datasets and what waits to be written to each.
class StreamBuffer {
 public:
  /// Opens the datasets that exist; one along an axis that the file lacks is left out.
  StreamBuffer(hid_t file, const std::vector<DatasetSpec>& specs);

  std::int64_t rows() const { return written_ + waiting_; }
  bool full() const { return waiting_ >= capacity_; }
  /// Whether the file has the stream at all.
  bool exists() const { return present(datasets_.size() - 1); }

  /// InputError naming file and dataset unless `length` is the width of the dataset or 0, or less than the
  /// width along an axis on which a growing network appends.
  void check_length(std::size_t column, std::size_t length) const;

  // All of them do nothing where the file lacks the dataset.
  void put(std::size_t column, double value) {
    if (present(column)) datasets_[column].reals.push_back(value);
  }
  void put(std::size_t column, std::int64_t value) {
    if (present(column)) datasets_[column].integers.push_back(value);
  }
  /// NaN or -1 where `values` has ended.
  void put(std::size_t column, const std::vector<double>& values);
  void put(std::size_t column, const std::vector<std::int64_t>& values);
  void end_row() { ++waiting_; }

  /// Everything but the scale; then, once that has been flushed, the scale.
  void write_columns();
  void write_marks();

  /// Flushes dataset by dataset, so that a failure is laid to one of them.
  void flush_each() const;

 private:
  struct Dataset {
    hdf5::Handle handle;
    std::int64_t width = 0;
    bool grows = false;  ///< shorter rows are those of a smaller network
    std::vector<double> reals;
    std::vector<std::int64_t> integers;
  };
  bool present(std::size_t column) const { return datasets_[column].handle.id() >= 0; }
  void write(Dataset& dataset) const;

  std::vector<Dataset> datasets_;
  std::int64_t written_ = 0, waiting_ = 0, capacity_ = 1;
};

/// The program's side: takes row structs apart.
template <class Row>
class Stream {
 public:
  explicit Stream(hid_t file) : buffer_(file, specs_of<Row>()) {}

  StreamBuffer& buffer() { return buffer_; }
  const StreamBuffer& buffer() const { return buffer_; }

  /// Returns the number of the row.
  std::int64_t append(const Row& row) {
    const auto& table = columns<Row>();
    for (std::size_t k = 0; k < table.size(); ++k) {
      if (const auto* member = std::get_if<std::vector<double> Row::*>(&table[k].field)) {
        buffer_.check_length(k, (row.**member).size());
      } else if (const auto* integers = std::get_if<std::vector<std::int64_t> Row::*>(&table[k].field)) {
        buffer_.check_length(k, (row.**integers).size());
      }
    }
    const std::int64_t number = buffer_.rows();
    for (std::size_t k = 0; k < table.size(); ++k) put(k, table[k].field, row, number);
    buffer_.end_row();
    return number;
  }

 private:
  void put(std::size_t column, const RowField<Row>& field, const Row& row, std::int64_t number) {
    if (const auto* real = std::get_if<double Row::*>(&field)) buffer_.put(column, row.**real);
    if (const auto* integer = std::get_if<std::int64_t Row::*>(&field)) buffer_.put(column, row.**integer);
    if (const auto* flag = std::get_if<int Row::*>(&field)) buffer_.put(column, std::int64_t{row.**flag});
    if (const auto* kind = std::get_if<ModeChangeKind Row::*>(&field))
      buffer_.put(column, static_cast<std::int64_t>(row.**kind));
    if (const auto* reals = std::get_if<std::vector<double> Row::*>(&field)) buffer_.put(column, row.**reals);
    if (const auto* integers = std::get_if<std::vector<std::int64_t> Row::*>(&field))
      buffer_.put(column, row.**integers);
    if (std::holds_alternative<std::monostate>(field)) buffer_.put(column, number);
  }

  StreamBuffer buffer_;
};

/// Appends rows to a file that is not written in SWMR mode.
template <class Row>
void write_rows(hid_t file, const std::vector<Row>& rows) {
  Stream<Row> stream(file);
  for (const Row& row : rows) stream.append(row);
  stream.buffer().write_columns();
  stream.buffer().write_marks();
}

}  // namespace saddleflow::archive
