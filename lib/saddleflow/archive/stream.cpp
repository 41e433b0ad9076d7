#include "saddleflow/archive/stream.hpp"

#include <algorithm>

#include "saddleflow/archive/commit.hpp"
#include "saddleflow/archive/describe.hpp"
#include "saddleflow/archive/hdf5/dataset.hpp"
#include "saddleflow/base/error.hpp"

namespace saddleflow::archive {
namespace {

// A block is what a stream keeps back to write at once: as much as a chunk of a dataset (create.cpp), and no
// more rows.
constexpr std::int64_t block_bytes = std::int64_t{512} << 10;
constexpr std::int64_t most_rows = 512;

template <class Number>
void extend(std::vector<Number>& waiting, const std::vector<Number>& row, std::int64_t width, Number fill) {
  waiting.insert(waiting.end(), row.begin(), row.end());
  waiting.insert(waiting.end(), static_cast<std::size_t>(width) - row.size(), fill);
}

}  // namespace

StreamBuffer::StreamBuffer(hid_t file, const std::vector<DatasetSpec>& specs) {
  const bool growing = is_growing(file);
  std::int64_t row_bytes = 0;
  for (const DatasetSpec& spec : specs) {
    Dataset dataset;
    if (is_expected(file, spec)) {
      dataset.handle = hdf5::open_dataset(file, spec.path);
      const std::vector<std::int64_t> shape = hdf5::shape(dataset.handle);
      if (shape.size() != spec.axes.size())
        throw InputError(hdf5::place_of(dataset.handle) + ": " + std::to_string(shape.size()) +
                         " axes, expected " + std::to_string(spec.axes.size()));
      dataset.width = hdf5::row_width(shape);
      dataset.grows = growing && (spec.axes.back() == "/parameter" || spec.axes.back() == "/neuron");
      written_ = shape.front();
    }
    row_bytes += 8 * dataset.width;
    datasets_.push_back(std::move(dataset));
  }
  capacity_ = std::clamp(block_bytes / std::max(row_bytes, std::int64_t{1}), std::int64_t{1}, most_rows);
}

void StreamBuffer::check_length(std::size_t column, std::size_t length) const {
  const Dataset& dataset = datasets_[column];
  const auto width = static_cast<std::size_t>(dataset.width);
  if (length == 0 || length == width || (dataset.grows && length < width)) return;
  throw InputError(hdf5::file_name(dataset.handle) + ": " + hdf5::object_name(dataset.handle) +
                   ": a row of " + std::to_string(length) + " numbers, expected " +
                   (dataset.grows ? "at most " : "") + std::to_string(width));
}

void StreamBuffer::put(std::size_t column, const std::vector<double>& values) {
  if (present(column)) extend(datasets_[column].reals, values, datasets_[column].width, not_known);
}

void StreamBuffer::put(std::size_t column, const std::vector<std::int64_t>& values) {
  if (present(column)) extend(datasets_[column].integers, values, datasets_[column].width, std::int64_t{-1});
}

void StreamBuffer::write(Dataset& dataset) const {
  if (dataset.handle.id() < 0) return;
  if (dataset.width == 0) hdf5::resize_rows(dataset.handle, written_ + waiting_);
  if (!dataset.reals.empty()) hdf5::append_rows(dataset.handle, written_, dataset.reals);
  if (!dataset.integers.empty()) hdf5::append_rows(dataset.handle, written_, dataset.integers);
  dataset.reals.clear();
  dataset.integers.clear();
}

void StreamBuffer::write_columns() {
  if (waiting_ == 0) return;
  for (std::size_t k = 0; k + 1 < datasets_.size(); ++k) write(datasets_[k]);
}

void StreamBuffer::write_marks() {
  if (waiting_ == 0) return;
  write(datasets_.back());
  written_ += waiting_;
  waiting_ = 0;
}

void StreamBuffer::flush_each() const {
  for (const Dataset& dataset : datasets_) {
    if (dataset.handle.id() >= 0) hdf5::check(H5Dflush(dataset.handle), dataset.handle, "", "write");
  }
}

}  // namespace saddleflow::archive
