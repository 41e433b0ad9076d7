// How many rows of a stream count: those whose mark, the value of the scale, has been written, in every
// dataset. Internal to archive/.
#pragma once

#include <cstdint>
#include <vector>

#include "saddleflow/archive/hdf5/handle.hpp"
#include "saddleflow/archive/schema.hpp"

namespace saddleflow::archive {

/// False if the dataset, or an axis that it lies along, is optional and the file lacks it; then it is no
/// error that it is missing.
bool is_expected(hid_t file, const DatasetSpec& spec);
/// Where the file has the dataset: at its path, or in an older file at its former one.
std::string path_in(hid_t file, const DatasetSpec& spec);

/// The common length of all datasets of the stream, without trailing rows whose mark is still NaN or -1; 0
/// where an optional stream is missing.
std::int64_t committed_rows(hid_t file, const std::vector<DatasetSpec>& stream);

/// Shortens every dataset of the stream that is longer than `rows`. InputError if one is shorter.
void cut(hid_t file, const std::vector<DatasetSpec>& stream, std::int64_t rows);

}  // namespace saddleflow::archive
