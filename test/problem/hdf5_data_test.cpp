// Data sets written by h5py, so that the order of rows and columns on the disk is not ours.
#include "saddleflow/problem/hdf5_data.hpp"

#include <boost/test/unit_test.hpp>
#include <cstdlib>

#include "problem/expect_error.hpp"
#include "problem/folder.hpp"
#include "saddleflow/base/error.hpp"
#include "saddleflow/problem/data_files.hpp"

BOOST_AUTO_TEST_SUITE(hdf5_data_test)

using namespace saddleflow;
using test::expect_error;

namespace {

struct Hdf5Folder : test::Folder {
  Hdf5Folder() {
    // A sanitizer's library, loaded first into this process, must not get into python.
    const std::string command =
        "env -u LD_PRELOAD '" SADDLEFLOW_PYTHON "' '" SADDLEFLOW_MAKE_HDF5 "' '" + path.string() + "'";
    BOOST_TEST_REQUIRE(std::system(command.c_str()) == 0);
  }
  std::string name(const char* file) const { return (path / file).string(); }
  void expect(const char* file, const std::string& message, const FileOptions& options = {}) const {
    expect_error<InputError>([&] { load_dataset(path / file, options); }, name(file) + message);
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(hdf5_data, Hdf5Folder)

BOOST_AUTO_TEST_CASE(rows_are_samples) {
  const Dataset data = load_dataset(path / "good.h5");
  BOOST_TEST((data.inputs == (Matrix(2, 3) << 1, 3, 5, 2, 4, Real(-0.5)).finished()));
  BOOST_TEST((data.targets == (Matrix(2, 3) << 7, 8, 9, 10, 11, 12).finished()));
  BOOST_TEST(data.origin == name("good.h5"));
  BOOST_TEST(data.dropped == 0);
}

BOOST_AUTO_TEST_CASE(the_signature_tells_and_one_axis_is_one_output) {
  const Dataset data = load_dataset(path / "disguised.dat");
  BOOST_TEST((data.targets == (Matrix(1, 3) << 7, 8, 9).finished()));
}

BOOST_AUTO_TEST_CASE(gaps) {
  const Dataset data = load_dataset(path / "gaps.h5", {.drop_gaps = true});
  BOOST_TEST(data.dropped == 1);
  BOOST_TEST((data.inputs == (Matrix(2, 2) << 1, 5, 2, Real(-0.5)).finished()));
  BOOST_TEST((data.targets == (Matrix(1, 2) << 7, 9).finished()));
  expect("gaps.h5",
         ": /inputs: row 2, column 1: NaN found, expected a number; 1 of 3 rows has gaps (data.drop_gaps = "
         "true leaves them out)");
  expect("all-gaps.h5", ": no rows left, all 3 have gaps", {.drop_gaps = true});
}

BOOST_AUTO_TEST_CASE(content_that_does_not_fit) {
  expect("infinite.h5", ": /targets: row 2, column 1: inf found, expected a finite number",
         {.drop_gaps = true});
  expect("lengths.h5", ": /inputs has 3 rows and /targets 2, expected as many");
  expect("empty.h5", ": /inputs is 0 x 2 and /targets 0 x 1, expected at least one row and column");
  expect("no-targets.h5", ": no dataset /targets, expected one of: /inputs");
  expect("text.h5", ": /targets: not numeric, expected integers or floating-point numbers");
  expect("cube.h5", ": /inputs: 3 axes, expected 2 (or 1 for a single column)");
}

BOOST_AUTO_TEST_CASE(files_that_are_no_hdf5) {
  const std::string text = file("text-file.h5", "x1,y1\n1,2\n");
  BOOST_CHECK_EXCEPTION(load_dataset(text), Error, [&text](const Error& error) {
    BOOST_TEST_MESSAGE(error.what());
    return std::string(error.what()).starts_with(text + ": ") && error.exit_code() == 2;
  });
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE_END()
