#include "sample_data.hpp"

#include "scratch.hpp"

namespace saddleflow::fuzz {
namespace {

/// A table of 3 x 3 doubles as NumPy writes it: magic, version 1.0, length of the header, the header, the
/// numbers.
std::string npy_table() {
  std::string header = "{'descr': '<f8', 'fortran_order': False, 'shape': (3, 3), }";
  const std::size_t room = 128 - 10;  // magic, version and length are ten bytes
  header.resize(room - 1, ' ');
  header += '\n';
  std::string bytes = std::string("\x93NUMPY\x01\x00", 8) + static_cast<char>(room) + '\0' + header;
  for (const double number : {1.0, 0.5, 2.0, -1.0, 0.25, 1.0, 0.5, 2.0, -3.0})
    bytes.append(reinterpret_cast<const char*>(&number), sizeof number);
  return bytes;
}

}  // namespace

void write_sample_data() {
  static const bool once = [] {
    write_bytes(scratch("data.csv"), "x1,x2,y1\n1,2,1\n-1,0.5,-1\n0.25,-3,1\nNA,1,1\n");
    write_bytes(scratch("test.csv"), "x1,x2,y1\n0.5,1,1\n2,-1,-1\n");
    write_bytes(scratch("data.npy"), npy_table());
    write_bytes(scratch("weights.txt"), "# nine weights\n0.1\n-0.2\n0.3\n0.4\n-0.5\n0.6\n0.7\n-0.8\n0.9\n");
    return true;
  }();
  static_cast<void>(once);
}

const std::vector<std::string>& sample_names() {
  static const std::vector<std::string> names{"data.csv",    "test.csv", "data.npy",
                                              "weights.txt", "missing",  "."};
  return names;
}

}  // namespace saddleflow::fuzz
