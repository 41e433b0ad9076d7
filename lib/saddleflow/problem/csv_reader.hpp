// The CSV dialect of data sets: commas, one header line x1,...,xd,y1,...,yk, one sample a line.
#pragma once

#include <string>
#include <string_view>

#include "saddleflow/problem/dataset.hpp"

namespace saddleflow {

/// Parses `text`; `name` stands for the file in error messages. Tolerates a byte-order mark, CRLF line ends,
/// blanks around cells, cells in double quotes and empty lines at the end. Cells are numbers in the C locale
/// whatever the process's locale. A cell that is empty or, however capitalised, NaN, NA, N/A, null,
/// None or ? is a gap: its row is dropped and counted (drop_gaps) or refused, with their number. Throws
/// InputError naming the file, the line (counted from 1) and the column for: a header that is not
/// x1,...,xd,y1,...,yk (a single column may also be called x or y), a line with too few or too many cells, a
/// cell that is no number, NaN or infinite, and when no row is left.
Dataset parse_csv(std::string_view text, const std::string& name, bool drop_gaps);

}  // namespace saddleflow
