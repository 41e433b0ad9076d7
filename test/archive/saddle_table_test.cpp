// Critical points and visits: written, read, replaced, refused.
#include <hdf5.h>

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <functional>

#include "saddleflow/archive/kkt_writer.hpp"
#include "saddleflow/archive/run_reader.hpp"
#include "saddleflow/archive/run_writer.hpp"
#include "saddleflow/archive/saddle_writer.hpp"
#include "saddleflow/base/error.hpp"
#include "sample_saddles.hpp"
#include "temporary_folder.hpp"

namespace saddleflow::archive::saddle_tables {

BOOST_AUTO_TEST_SUITE(saddle_table_test)

namespace {

constexpr std::int64_t rows = 5;

void write_run(const std::string& path) {
  RunWriter writer = RunWriter::create(path, sample::description());
  for (std::int64_t k = 0; k < rows; ++k) {
    writer.append(sample::time_row(k));
    writer.append(sample::snapshot_row(k));
    writer.append(sample::saddle_row(k));
  }
  writer.finish({"reached_end", {}, {}});
}

template <class Row>
void require_same(const std::vector<Row>& found, const std::vector<Row>& expected) {
  BOOST_REQUIRE_EQUAL(found.size(), expected.size());
  for (std::size_t k = 0; k < found.size(); ++k)
    BOOST_TEST_REQUIRE(sample::same(found[k], expected[k]), "row " << k);
}

void require_record(const RunReader& reader, const SaddleRecord& expected) {
  BOOST_TEST(reader.has_saddle_record());
  const SaddleRecord found = reader.saddle_record();
  require_same(found.catalogue, expected.catalogue);
  require_same(found.escapes, expected.escapes);
  require_same(found.visits, expected.visits);
  require_same(found.transitions, expected.transitions);
  BOOST_TEST(found.runs == expected.runs, boost::test_tools::per_element());
  BOOST_TEST((found.counts == expected.counts));
}

/// As a program of format 1.5 has named them.
void give_former_names(const std::string& path) {
  const hid_t file = H5Fopen(path.c_str(), H5F_ACC_RDWR, H5P_DEFAULT);
  BOOST_REQUIRE(file >= 0);
  const auto rename = [file](const std::string& name, const std::string& former) {
    BOOST_REQUIRE(H5Lmove(file, ("/catalogue/" + name).c_str(), file, ("/catalogue/" + former).c_str(),
                          H5P_DEFAULT, H5P_DEFAULT) >= 0);
  };
  rename("explained_rescaling", "zero_rescaling");
  rename("explained_linear_layers", "zero_linear_layers");
  rename("explained_zero_neurons", "zero_dead_neurons");
  rename("explained_dead_neurons", "zero_inactive_neurons");
  rename("inactive_threshold", "sleeping_threshold");
  rename("inactive_gap", "sleeping_gap");
  BOOST_REQUIRE(H5Fclose(file) >= 0);
}

BOOST_AUTO_TEST_CASE(former_names_are_read_and_replaced) {
  const TemporaryFolder folder;
  const std::string path = folder.file("run.h5");
  write_run(path);
  add_saddles(path, sample::saddle_record(4));
  const std::vector<double> expected = RunReader::open(path).column("catalogue/inactive_gap");
  give_former_names(path);
  {
    const RunReader reader = RunReader::open(path);
    require_record(reader, sample::saddle_record(4));
    BOOST_TEST(!reader.has("catalogue/inactive_gap"));
    BOOST_TEST(reader.column("catalogue/inactive_gap") == expected, boost::test_tools::per_element());
  }
  add_saddles(path, sample::saddle_record(2));
  const RunReader reader = RunReader::open(path);
  require_record(reader, sample::saddle_record(2));
  BOOST_TEST(reader.has("catalogue/explained_dead_neurons"));
  BOOST_TEST(!reader.has("catalogue/zero_inactive_neurons"));
}

BOOST_AUTO_TEST_CASE(they_come_back_bit_for_bit) {
  const TemporaryFolder folder;
  const std::string path = folder.file("run.h5"), copy = folder.file("copy.h5");
  write_run(path);
  BOOST_TEST(!RunReader::open(path).has_saddle_record());
  BOOST_TEST(RunReader::open(path).saddle_record().catalogue.empty());
  copy_with_saddles(path, copy, "sf-saddles run.h5", sample::saddle_record(4), ExistingFile::keep);
  BOOST_TEST(!RunReader::open(path).has_saddle_record());
  {
    const RunReader reader = RunReader::open(copy);
    require_record(reader, sample::saddle_record(4));
    BOOST_TEST(reader.rows().time == rows);
    BOOST_TEST(reader.rows().saddle == 7);
    BOOST_TEST(reader.history().find("sf-saddles run.h5") != std::string::npos);
  }
  BOOST_CHECK_THROW(copy_with_saddles(path, copy, "again", sample::saddle_record(2), ExistingFile::keep),
                    InputError);
  BOOST_CHECK_THROW(copy_with_saddles(path, path, "itself", sample::saddle_record(2), ExistingFile::replace),
                    InputError);
  // Another record takes the place of the first, longer or shorter.
  for (const std::int64_t size : {9, 1, 0, 2}) {
    add_saddles(copy, sample::saddle_record(size));
    require_record(RunReader::open(copy), sample::saddle_record(size));
  }
}

BOOST_AUTO_TEST_CASE(what_is_not_known_comes_back_as_not_known) {
  const TemporaryFolder folder;
  const std::string path = folder.file("run.h5");
  write_run(path);
  SaddleRecord record;
  record.catalogue.resize(1);
  record.escapes.resize(1);
  record.escapes[0].critical_point = 0;
  record.visits.resize(2);
  record.visits[1].recorded = sample::saddle_row(1);
  add_saddles(path, record);
  const SaddleRecord found = RunReader::open(path).saddle_record();
  BOOST_TEST(found.catalogue.at(0).eigenvalues.empty());
  BOOST_TEST(std::isnan(found.catalogue[0].point.at(7)));
  BOOST_TEST(found.catalogue[0].zero_neuron.at(1) == -1);
  BOOST_TEST(found.escapes.at(0).to_plus == -1);
  BOOST_TEST(std::isnan(found.visits.at(0).exit_overlap));
  BOOST_TEST(found.visits[0].pattern_preserved == -1);
  BOOST_TEST(std::isnan(found.visits[1].escape_direction.at(2)));
  BOOST_TEST(sample::same(found.visits[1].recorded, sample::saddle_row(1)));
  BOOST_TEST(found.runs.empty());
}

BOOST_AUTO_TEST_CASE(no_saddle_at_all_makes_empty_tables) {
  const TemporaryFolder folder;
  const std::string path = folder.file("run.h5");
  write_run(path);
  add_saddles(path, {});
  const RunReader reader = RunReader::open(path);
  require_record(reader, {});
  BOOST_TEST(reader.rows().saddle == 0);
  BOOST_TEST(reader.column("catalogue/loss").empty());
}

BOOST_AUTO_TEST_CASE(they_need_no_trajectory_and_stand_beside_kkt_points) {
  const TemporaryFolder folder;
  const std::string path = folder.file("several.h5");
  create_with_saddles(path, sample::description(), {"search_ended", {{"runs", 2}}, {}},
                      sample::saddle_record(3), ExistingFile::keep);
  BOOST_TEST(RunReader::open(path).summary().stop_reason == "search_ended");
  add_kkt(path, sample::kkt_record(2));
  require_record(RunReader::open(path), sample::saddle_record(3));
  add_saddles(path, sample::saddle_record(4));
  const RunReader reader = RunReader::open(path);
  require_record(reader, sample::saddle_record(4));
  BOOST_TEST(reader.kkt().rows.size() == 2U);
  BOOST_TEST(reader.rows().time == 0);
}

BOOST_AUTO_TEST_CASE(a_run_that_goes_on_loses_them) {
  const TemporaryFolder folder;
  const std::string path = folder.file("run.h5");
  write_run(path);
  add_saddles(path, sample::saddle_record(4));
  RunWriter writer = RunWriter::resume(path, RowCounts{rows, rows, 0, 3}, "resumed");
  writer.append(sample::saddle_row(3));
  writer.finish({"reached_end", {}, {}});
  const RunReader reader = RunReader::open(path);
  BOOST_TEST(!reader.has_saddle_record());
  BOOST_TEST(!reader.has("saddles/exit_overlap"));
  BOOST_TEST(reader.saddle_rows().size() == 4U);
}

struct Defect {
  std::string message;
  std::function<void(SaddleRecord&)> make;
};

BOOST_AUTO_TEST_CASE(what_does_not_fit_is_refused_and_changes_nothing) {
  const TemporaryFolder folder;
  const std::string path = folder.file("run.h5");
  write_run(path);
  add_saddles(path, sample::saddle_record(2));
  const std::vector<Defect> defects = {
      {"/catalogue/point: a row of 7 numbers, expected 8", [](auto& r) { r.catalogue[1].point.pop_back(); }},
      {"/catalogue/eigenvalues: a row of 3 numbers, expected 4",
       [](auto& r) { r.catalogue[1].eigenvalues.pop_back(); }},
      {"/catalogue/zero_neuron: a row of 1 numbers", [](auto& r) { r.catalogue[0].zero_neuron = {1}; }},
      {"/escapes/direction: a row of 9 numbers", [](auto& r) { r.escapes[3].direction.push_back(0); }},
      {"/escapes/critical_point: row 3 names row 3, of 3", [](auto& r) { r.escapes[3].critical_point = 3; }},
      {"/escapes/to_minus: row 0 names row -2", [](auto& r) { r.escapes[0].to_minus = -2; }},
      {"/saddles/eigenvalues: a row of 1 numbers", [](auto& r) { r.visits[1].recorded.eigenvalues = {1}; }},
      {"/saddles/active_neurons: a row of 3 numbers",
       [](auto& r) {
         r.visits[1].active_neurons = {1, 2, 3};
       }},
      {"/saddles/critical_point: row 2 names row 3", [](auto& r) { r.visits[2].critical_point = 3; }},
      {"/saddles/escape: row 2 names row 6", [](auto& r) { r.visits[2].escape = 6; }},
      {"/saddles/run: row 0 names row 2, of 2", [](auto& r) { r.visits[0].run = 2; }},
      {"/transitions/to: row 1 names row -1", [](auto& r) { r.transitions[1].to = -1; }},
  };
  for (const Defect& defect : defects) {
    SaddleRecord record = sample::saddle_record(3);
    defect.make(record);
    BOOST_CHECK_EXCEPTION(add_saddles(path, record), InputError, [&](const InputError& error) {
      BOOST_TEST_MESSAGE(error.what());
      return std::string(error.what()).find(defect.message) != std::string::npos;
    });
    require_record(RunReader::open(path), sample::saddle_record(2));
  }
}

BOOST_AUTO_TEST_CASE(files_of_other_formats_still_take_them) {
  // 1.0 lacks columns that have nothing to do with it.
  const TemporaryFolder folder;
  const std::string path = folder.file("run.h5");
  write_run(path);
  const hid_t file = H5Fopen(path.c_str(), H5F_ACC_RDWR, H5P_DEFAULT);
  for (const char* name : {"/log_time", "/chart", "/events/log_time"})
    BOOST_REQUIRE(H5Ldelete(file, name, H5P_DEFAULT) >= 0);
  BOOST_REQUIRE(H5Fclose(file) >= 0);
  add_saddles(path, sample::saddle_record(2));
  require_record(RunReader::open(path), sample::saddle_record(2));
}

}  // namespace

BOOST_AUTO_TEST_SUITE_END()

}  // namespace saddleflow::archive::saddle_tables
