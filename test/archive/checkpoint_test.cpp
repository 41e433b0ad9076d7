#include <hdf5.h>

#include <boost/test/unit_test.hpp>

#include <cmath>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <limits>
#include <random>

#include "saddleflow/archive/checkpoint.hpp"
#include "saddleflow/archive/run_writer.hpp"
#include "saddleflow/base/error.hpp"
#include "sample_run.hpp"
#include "temporary_folder.hpp"

namespace saddleflow::archive {

BOOST_AUTO_TEST_SUITE(checkpoint_test)

namespace {

/// Equal in value and sign, so that -0 differs from +0; NaN equals NaN.
bool identical(Real a, Real b) {
  return (std::isnan(a) && std::isnan(b)) || (a == b && std::signbit(a) == std::signbit(b));
}

std::vector<Real> awkward_numbers() {
  using Limits = std::numeric_limits<Real>;
  std::vector<Real> numbers = {0,
                               -Real(0),
                               Real(1) / Real(3),
                               1 + Limits::epsilon(),
                               1 - Limits::epsilon() / 2,
                               Limits::max(),
                               Limits::lowest(),
                               Limits::min(),
                               Limits::denorm_min(),
                               Limits::infinity(),
                               -Limits::infinity(),
                               Limits::quiet_NaN()};
  const unsigned seed = std::random_device{}();
  BOOST_TEST_MESSAGE("seed " << seed);
  std::mt19937_64 random(seed);
  for (int k = 0; k < 2000; ++k) {
    // 64 random bits fill the mantissa of either Real.
    const auto mantissa = static_cast<Real>(static_cast<std::int64_t>(random()));
    numbers.push_back(std::ldexp(mantissa, static_cast<int>(random() % 1900) - 1000));
  }
  return numbers;
}

BOOST_AUTO_TEST_CASE(every_bit_comes_back) {
  const TemporaryFolder folder;
  const std::string path = folder.file("run.ckpt.h5");
  Checkpoint written;
  written.run_id = "0123";
  written.rows = {11, 22, 33, 44, 55};
  written.reals = {{"weights", awkward_numbers()}, {"empty", {}}, {"time", {Real(0.1)}}};
  written.integers = {
      {"counters", {std::numeric_limits<std::int64_t>::min(), -1, 0, (std::int64_t{1} << 53) + 1}}};
  written.texts = {{"stepper", "rosenbrock"}, {"empty", ""}, {"toml", "title = \"größer\"\n"}};
  write_checkpoint(path, written);

  const Checkpoint read = read_checkpoint(path);
  BOOST_TEST(read.run_id == written.run_id);
  BOOST_TEST((read.rows == written.rows));
  BOOST_TEST((read.integers == written.integers));
  BOOST_TEST((read.texts == written.texts));
  BOOST_REQUIRE_EQUAL(read.reals.size(), 3U);
  BOOST_TEST(read.reals.at("empty").empty());
  const std::vector<Real>&a = written.reals.at("weights"), &b = read.reals.at("weights");
  BOOST_REQUIRE_EQUAL(a.size(), b.size());
  for (std::size_t k = 0; k < a.size(); ++k) {
    BOOST_TEST_REQUIRE(identical(a[k], b[k]), "number " << k << ": " << a[k] << " became " << b[k]);
  }
}

BOOST_AUTO_TEST_CASE(names) {
  BOOST_TEST(checkpoint_path("out.h5") == "out.ckpt.h5");
  BOOST_TEST(checkpoint_path("a.b/run-1.5.h5") == "a.b/run-1.5.ckpt.h5");
}

BOOST_AUTO_TEST_CASE(a_new_checkpoint_replaces_the_old_one_whole) {
  const TemporaryFolder folder;
  const std::string path = folder.file("run.ckpt.h5");
  Checkpoint checkpoint;
  checkpoint.integers["old"] = {1};
  write_checkpoint(path, checkpoint);
  std::ofstream(path + ".tmp") << "left by a kill";
  checkpoint.integers = {{"new", {2}}};
  write_checkpoint(path, checkpoint);
  BOOST_TEST((read_checkpoint(path).integers == checkpoint.integers));
  BOOST_TEST(!std::filesystem::exists(path + ".tmp"));
}

BOOST_AUTO_TEST_CASE(a_failed_write_keeps_the_old_one) {
  const TemporaryFolder folder;
  const std::string path = folder.file("run.ckpt.h5");
  Checkpoint checkpoint;
  checkpoint.integers["old"] = {1};
  write_checkpoint(path, checkpoint);
  Checkpoint impossible;
  impossible.integers["no/such/group"] = {2};
  BOOST_CHECK_THROW(write_checkpoint(path, impossible), IoError);
  BOOST_TEST((read_checkpoint(path).integers == checkpoint.integers));
  BOOST_TEST(!std::filesystem::exists(path + ".tmp"));
  BOOST_CHECK_THROW(write_checkpoint(folder.file("no/run.ckpt.h5"), checkpoint), IoError);
}

BOOST_AUTO_TEST_CASE(a_checkpoint_from_before_mode_changes_is_read) {
  const TemporaryFolder folder;
  const std::string path = folder.file("run.ckpt.h5");
  write_checkpoint(path, {});
  {
    const hid_t file = H5Fopen(path.c_str(), H5F_ACC_RDWR, H5P_DEFAULT);
    BOOST_REQUIRE(H5Adelete(file, "checksum") >= 0);  // nor was there one of these
    BOOST_REQUIRE(H5Adelete(file, "rows") >= 0);
    const hsize_t four = 4;
    const std::int64_t rows[] = {1, 2, 3, 4};
    const hid_t space = H5Screate_simple(1, &four, nullptr);
    const hid_t attribute = H5Acreate2(file, "rows", H5T_STD_I64LE, space, H5P_DEFAULT, H5P_DEFAULT);
    BOOST_REQUIRE(H5Awrite(attribute, H5T_NATIVE_INT64, rows) >= 0);
    H5Aclose(attribute);
    H5Sclose(space);
    BOOST_REQUIRE(H5Fclose(file) >= 0);
  }
  BOOST_TEST((read_checkpoint(path).rows == RowCounts{1, 2, 3, 4, 0}));
}

BOOST_AUTO_TEST_CASE(a_run_is_no_checkpoint) {
  const TemporaryFolder folder;
  RunWriter::create(folder.file("run.h5"), sample::description()).finish({"reached_end", {}, {}});
  BOOST_CHECK_THROW(read_checkpoint(folder.file("run.h5")), InputError);
  BOOST_CHECK_THROW(read_checkpoint(folder.file("none.h5")), InputError);
}

}  // namespace

BOOST_AUTO_TEST_SUITE_END()

}  // namespace saddleflow::archive
