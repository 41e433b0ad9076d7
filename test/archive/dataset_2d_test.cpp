#include <boost/test/unit_test.hpp>

#include <fstream>

#include "saddleflow/archive/hdf5/dataset.hpp"
#include "saddleflow/archive/hdf5/hdf5.hpp"
#include "saddleflow/base/error.hpp"
#include "temporary_folder.hpp"

namespace saddleflow::archive {

BOOST_AUTO_TEST_SUITE(dataset_2d_test)

namespace {

void write(hid_t file, const char* name, hid_t type, std::vector<hsize_t> sizes,
           const std::vector<double>& values) {
  const hdf5::Handle space(H5Screate_simple(static_cast<int>(sizes.size()), sizes.data(), nullptr), H5Sclose);
  const hdf5::Handle dataset(H5Dcreate2(file, name, type, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT),
                             H5Dclose);
  BOOST_REQUIRE_GE(H5Dwrite(dataset, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, values.data()), 0);
}

struct DataFile {
  DataFile() : path(folder.file("data.h5")) {
    const hdf5::Handle file = hdf5::create_file(path);
    write(file, "inputs", H5T_IEEE_F64LE, {2, 3}, {1, 2, 3, 4, 5, 6});
    write(file, "bytes", H5T_STD_I16BE, {2, 2}, {1, -2, 3, -4});
    write(file, "targets", H5T_IEEE_F32LE, {3}, {0.5, 1.5, 2.5});
    write(file, "cube", H5T_IEEE_F64LE, {1, 1, 2}, {1, 2});
    hdf5::create_group(file, "deeper");
    write(file, "deeper/inputs", H5T_IEEE_F64LE, {1, 1}, {9});
    hdf5::write_text(file, "words", "a b c", "words");
  }
  TemporaryFolder folder;
  std::string path;
};

void require(const Matrix2D& matrix, std::int64_t rows, std::int64_t columns,
             const std::vector<double>& values) {
  BOOST_TEST(matrix.rows == rows);
  BOOST_TEST(matrix.columns == columns);
  BOOST_TEST(matrix.values == values, boost::test_tools::per_element());
}

BOOST_FIXTURE_TEST_CASE(tables_of_any_number_type_are_read_row_major, DataFile) {
  require(read_dataset_2d(path, "inputs"), 2, 3, {1, 2, 3, 4, 5, 6});
  require(read_dataset_2d(path, "/bytes"), 2, 2, {1, -2, 3, -4});
  require(read_dataset_2d(path, "targets"), 3, 1, {0.5, 1.5, 2.5});
  require(read_dataset_2d(path, "deeper/inputs"), 1, 1, {9});
}

void require_error(const std::string& path, const std::string& name, const std::string& message) {
  BOOST_CHECK_EXCEPTION(read_dataset_2d(path, name), InputError, [&](const InputError& error) {
    BOOST_TEST(error.what() == path + ": " + message);
    return true;
  });
}

BOOST_FIXTURE_TEST_CASE(what_cannot_be_read_is_said, DataFile) {
  require_error(
      path, "input",
      "no dataset /input, expected one of: /bytes, /cube, /deeper/inputs, /inputs, /targets, /words");
  require_error(
      path, "deeper",
      "no dataset /deeper, expected one of: /bytes, /cube, /deeper/inputs, /inputs, /targets, /words");
  require_error(path, "cube", "/cube: 3 axes, expected 2 (or 1 for a single column)");
  require_error(path, "words", "/words: not numeric, expected integers or floating-point numbers");
  require_error(folder.file("no.h5"), "inputs", "no such file");
  std::ofstream(folder.file("table.csv")) << "x1,y1\n1,2\n";
  require_error(folder.file("table.csv"), "inputs", "not an HDF5 file");
  { const hdf5::Handle file = hdf5::create_file(folder.file("bare.h5")); }
  require_error(folder.file("bare.h5"), "inputs", "no dataset /inputs, the file has none");
}

}  // namespace

BOOST_AUTO_TEST_SUITE_END()

}  // namespace saddleflow::archive
