// What a reader asks of a run file before it relies on it. The file may be damaged, altered or of another
// program: each dataset has the axes, the type and the extents of the schema, the places of the parameters
// fill the matrices of the network, flags have names, and numbers of rows are rows. Internal to archive/.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "saddleflow/archive/hdf5/handle.hpp"
#include "saddleflow/archive/run_file.hpp"

namespace saddleflow::archive {

/// InputError naming file and dataset where a dataset that the file should hold is missing, or has other
/// axes, another type or, but for the rows of a table, other extents than its axes.
void check_datasets(hid_t file);

/// InputError unless /network/parameter_* name every entry of the weight matrix of every layer once,
/// /network/neuron_* rows (or columns) of these, and /network/singular_value_layer layers. `place` stands
/// before the message.
void check_network(const RunDescription& description, const std::string& place);

/// The flags or row numbers of a dataset. InputError for a flag that has no name and for a row that the other
/// table lacks; -1 is not known. `rows_of` gives the rows along an axis, or -1 for one that is not to be
/// checked.
void check_integers(const std::string& file, const std::string& dataset,
                    const std::vector<std::int64_t>& values, const RunDescription& description,
                    const std::function<std::int64_t(const std::string& axis)>& rows_of);

}  // namespace saddleflow::archive
