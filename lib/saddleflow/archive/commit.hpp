// How many rows of a stream count: those whose mark, the value of the scale, has been written, in every
// dataset. Internal to archive/.
#pragma once

#include <cstdint>
#include <vector>

#include "saddleflow/archive/hdf5_handle.hpp"
#include "saddleflow/archive/schema.hpp"

namespace saddleflow::archive {

/// Datasets of a stream that the file has; missing ones are an InputError unless their axis is missing too.
std::vector<DatasetSpec> present(hid_t file, const std::vector<DatasetSpec>& stream);

/// The common length of all datasets of the stream, without trailing rows whose mark is still NaN or -1.
std::int64_t committed_rows(hid_t file, const std::vector<DatasetSpec>& stream);

/// Shortens every dataset of the stream that is longer than `rows`. InputError if one is shorter.
void cut(hid_t file, const std::vector<DatasetSpec>& stream, std::int64_t rows);

}  // namespace saddleflow::archive
