// Inputs at which a function is to be evaluated, from a text file.
#pragma once

#include <string>

#include "saddleflow/base/real.hpp"

namespace saddleflow {

/// Inputs of one point a line, separated by commas, after a header x1,...,xd or without one; d x points.
/// Columns y1,...,yk of a data file are passed over where the header names them. IoError where the file
/// cannot be read; InputError naming file, line and what was found for lines of unequal length, a cell that
/// is no finite number, or no line at all.
Matrix read_input_rows(const std::string& path);

}  // namespace saddleflow
