// The tables of a run file as text, for programs that read nothing else.
#pragma once

#include <string>
#include <vector>

#include "saddleflow/archive/run_reader.hpp"
#include "saddleflow/base/existing_file.hpp"

namespace saddleflow::archive {

/// Whether columns with a number for every weight are written, too.
enum class WeightColumns { leave_out, write };

/// One CSV file for every axis of the file that has rows: time.csv, snapshots.csv, events.csv, saddles.csv,
/// catalogue.csv and so on, with a header line; a column along a second axis becomes several,
/// "neuron_norm[0]", flags become their words, what is not known (NaN) is empty. The folder is made if need
/// be. Returns the paths. InputError if one of them exists and is to be kept, IoError where one cannot be
/// written.
std::vector<std::string> export_csv(const RunReader& run, const std::string& folder, WeightColumns weights,
                                    ExistingFile existing);

}  // namespace saddleflow::archive
