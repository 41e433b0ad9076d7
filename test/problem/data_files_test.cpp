#include "saddleflow/problem/data_files.hpp"

#include <boost/test/unit_test.hpp>
#include <fstream>
#include <limits>
#include <string>

#include "problem/expect_error.hpp"
#include "problem/folder.hpp"
#include "saddleflow/base/error.hpp"
#include "saddleflow/base/random.hpp"
#include "saddleflow/problem/standardise.hpp"

BOOST_AUTO_TEST_SUITE(data_files_test)

using namespace saddleflow;
using test::expect_error;

namespace {

const std::filesystem::path auto_mpg = std::filesystem::path(SADDLEFLOW_STUDY_DATA) / "auto-mpg.csv";

}  // namespace

BOOST_FIXTURE_TEST_SUITE(data_files, test::Folder)

BOOST_AUTO_TEST_CASE(every_bit_survives_a_file) {
  Random random(9);
  const Matrix x = random.normal_matrix(3, 50) * Real(1e-5);
  const Matrix y = random.normal_matrix(2, 50) * Real(1e5);
  {
    std::ofstream stream(path / "round.csv");
    stream.precision(std::numeric_limits<Real>::max_digits10);
    stream << "x1,x2,x3,y1,y2\n";
    for (Index i = 0; i < 50; ++i)
      stream << x(0, i) << ',' << x(1, i) << ',' << x(2, i) << ',' << y(0, i) << ',' << y(1, i) << '\n';
  }
  const Dataset data = load_dataset(path / "round.csv");
  BOOST_TEST((data.inputs == x));
  BOOST_TEST((data.targets == y));
  BOOST_TEST(data.origin == (path / "round.csv").string());
  BOOST_TEST(data.seed == -1);
}

BOOST_AUTO_TEST_CASE(auto_mpg_loses_its_gaps) {
  const Dataset data = load_dataset(auto_mpg, {.drop_gaps = true});
  BOOST_TEST_MESSAGE("auto-mpg: " << data.inputs.cols() << " rows kept, " << data.dropped << " dropped");
  BOOST_TEST(data.dropped == 14);
  BOOST_TEST_REQUIRE((data.inputs.rows() == 6 && data.inputs.cols() == 392));
  BOOST_TEST((data.targets.rows() == 1 && data.targets.cols() == 392));
  BOOST_TEST((data.inputs.col(0) == (Vector(6) << 8, 307, 130, 3504, 12, 1970).finished()));
  BOOST_TEST(data.targets(0, 0) == 18);
  expect_error<InputError>(
      [] { load_dataset(auto_mpg); },
      auto_mpg.string() +
          ": line 12, column y1: empty cell found, expected a number; 14 of 406 rows have gaps "
          "(data.drop_gaps = true leaves them out)");
}

BOOST_AUTO_TEST_CASE(gaps_go_before_columns_are_standardised) {
  Dataset data = load_dataset(auto_mpg, {.drop_gaps = true});
  Standardiser(data, Standardiser::Columns::all).apply(data);
  BOOST_TEST(data.dropped == 14);
  BOOST_TEST((data.inputs.rowwise().squaredNorm().array() / 392 - 1).abs().maxCoeff() < Real(1e-13));
  BOOST_TEST(data.inputs.rowwise().mean().cwiseAbs().maxCoeff() < Real(1e-14));
  // More weight, fewer miles per gallon.
  BOOST_TEST(data.inputs.row(3).dot(data.targets.row(0)) / 392 < Real(-0.8));
}

BOOST_AUTO_TEST_CASE(files_that_cannot_be_read) {
  const std::string missing = (path / "none.csv").string();
  expect_error<InputError>([&] { load_dataset(missing); },
                           missing + ": no such file, expected a data set (CSV, HDF5, .npz or .npy)");
  expect_error<InputError>([&] { load_dataset(path); },
                           path.string() + ": a folder, expected a data set (CSV, HDF5, .npz or .npy)");
  const std::string bad = file("bad.csv", "x1,y1\n1,a\n");
  expect_error<InputError>([&] { load_dataset(bad); },
                           bad + ": line 2, column y1: \"a\" found, expected a number");
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE_END()
