// The cells of a line of CSV.
#pragma once

#include <string_view>
#include <vector>

namespace saddleflow {

/// Between the commas, without blanks around them and without double quotes around what is left.
std::vector<std::string_view> split_cells(std::string_view line);

}  // namespace saddleflow
