// The header of a .npy array: a Python dictionary of three keys.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace saddleflow {

struct NpyHeader {
  std::string type;  ///< as written, without its quotation marks: "<f8", "|O", "[('x', '<f8')]"
  bool fortran_order = false;
  std::vector<std::int64_t> shape;
};

/// `text`: "{'descr': '<f8', 'fortran_order': False, 'shape': (3, 2), }" and blanks. InputError naming
/// `place` for anything else.
NpyHeader parse_npy_header(std::string_view text, const std::string& place);

}  // namespace saddleflow
