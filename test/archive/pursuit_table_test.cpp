// The rounds of a growing network: written, read, replaced, refused.
#include <hdf5.h>

#include <boost/test/unit_test.hpp>

#include <cmath>
#include <filesystem>
#include <functional>
#include <set>

#include "saddleflow/archive/pursuit_writer.hpp"
#include "saddleflow/archive/run_reader.hpp"
#include "saddleflow/archive/run_writer.hpp"
#include "saddleflow/base/error.hpp"
#include "sample_pursuit.hpp"
#include "temporary_folder.hpp"

namespace saddleflow::archive::pursuit_tables {

BOOST_AUTO_TEST_SUITE(pursuit_table_test)

namespace {

/// The same numbers, then NaN.
bool padded(const std::vector<double>& found, const std::vector<double>& expected) {
  for (std::size_t k = 0; k < found.size(); ++k) {
    if (k < expected.size() ? found[k] != expected[k] : !std::isnan(found[k])) return false;
  }
  return found.size() >= expected.size();
}

void require_record(const PursuitRecord& found, const PursuitRecord& expected) {
  BOOST_TEST(found.description.growing);
  BOOST_TEST_REQUIRE(found.rounds.size() == expected.rounds.size());
  BOOST_TEST_REQUIRE(found.times.size() == expected.times.size());
  BOOST_TEST_REQUIRE(found.snapshots.size() == expected.snapshots.size());
  for (std::size_t k = 0; k < expected.rounds.size(); ++k)
    BOOST_TEST(sample::same(found.rounds[k], expected.rounds[k]), "round " << k);
  for (std::size_t k = 0; k < expected.snapshots.size(); ++k) {
    BOOST_TEST(found.snapshots[k].weights.size() == expected.description.parameter_layer.size());
    BOOST_TEST(padded(found.snapshots[k].weights, expected.snapshots[k].weights), "snapshot " << k);
  }
  for (std::size_t k = 0; k < expected.times.size(); ++k) {
    TimeRow row = found.times[k];
    BOOST_TEST(row.neuron_norm.size() == expected.description.neuron_layer.size());
    BOOST_TEST(padded(row.neuron_norm, expected.times[k].neuron_norm), "time " << k);
    row.neuron_norm = expected.times[k].neuron_norm;
    BOOST_TEST(sample::same(row, expected.times[k]), "time " << k);
  }
  BOOST_TEST(found.summary.stop_reason == expected.summary.stop_reason);
  BOOST_TEST((found.summary.numbers == expected.summary.numbers));
}

std::string created(const std::string& path) {
  const hid_t file = H5Fopen(path.c_str(), H5F_ACC_RDONLY, H5P_DEFAULT);
  const hid_t attribute = H5Aopen(file, "created", H5P_DEFAULT), type = H5Aget_type(attribute);
  char* text = nullptr;
  BOOST_TEST_REQUIRE(H5Aread(attribute, type, static_cast<void*>(&text)) >= 0);
  std::string value = text;
  H5free_memory(text);
  H5Tclose(type);
  H5Aclose(attribute);
  H5Fclose(file);
  return value;
}

std::size_t files_in(const TemporaryFolder& folder) {
  const std::filesystem::path path = std::filesystem::path(folder.file("x")).parent_path();
  return static_cast<std::size_t>(
      std::distance(std::filesystem::directory_iterator(path), std::filesystem::directory_iterator()));
}

BOOST_AUTO_TEST_CASE(it_comes_back_bit_for_bit) {
  const TemporaryFolder folder;
  const std::string path = folder.file("run.h5");
  write_pursuit(path, sample::pursuit_record(3), ExistingFile::keep);
  require_record(read_pursuit(path), sample::pursuit_record(3));
  {
    const RunReader reader = RunReader::open(path);
    BOOST_TEST(reader.has_rounds());
    BOOST_TEST(!reader.live());
    BOOST_TEST(!reader.recovered());
    BOOST_TEST(reader.summary().stop_reason == "running");
  }
  const RunDescription expected = sample::growing_description(3), found = RunReader::open(path).description();
  BOOST_TEST(found.test_sample_count == 2);
  BOOST_TEST(found.test_inputs == expected.test_inputs, boost::test_tools::per_element());
  BOOST_TEST(found.test_targets == expected.test_targets, boost::test_tools::per_element());
  BOOST_TEST(found.parameter_column == expected.parameter_column, boost::test_tools::per_element());
  BOOST_TEST(found.neuron_index == expected.neuron_index, boost::test_tools::per_element());
  BOOST_TEST(found.layer_sizes == expected.layer_sizes, boost::test_tools::per_element());
  BOOST_CHECK_THROW(write_pursuit(path, sample::pursuit_record(3), ExistingFile::keep), InputError);
  write_pursuit(path, sample::pursuit_record(1), ExistingFile::replace);
  require_record(read_pursuit(path), sample::pursuit_record(1));
}

BOOST_AUTO_TEST_CASE(a_record_with_more_rounds_takes_its_place) {
  const TemporaryFolder folder;
  const std::string path = folder.file("run.h5");
  write_pursuit(path, sample::pursuit_record(1), ExistingFile::keep);
  const std::string id = RunReader::open(path).run_id(), history = RunReader::open(path).history(),
                    birth = created(path);
  for (const std::int64_t rounds : {2, 3, 6, 2}) {
    PursuitRecord record = sample::pursuit_record(rounds);
    record.summary.stop_reason = rounds == 6 ? "stationary" : "running";
    record.description.command = "another";
    replace_pursuit(path, record);
    require_record(read_pursuit(path), record);
    BOOST_TEST(RunReader::open(path).run_id() == id);
    BOOST_TEST(RunReader::open(path).history() == history);
    BOOST_TEST(created(path) == birth);
  }
  BOOST_TEST(files_in(folder) == 1U);
  // What was read can be written again, its padding and all.
  const PursuitRecord again = read_pursuit(path);
  replace_pursuit(path, again);
  require_record(read_pursuit(path), sample::pursuit_record(2));
}

BOOST_AUTO_TEST_CASE(a_resume_is_a_line_of_its_history) {
  const TemporaryFolder folder;
  const std::string path = folder.file("run.h5");
  write_pursuit(path, sample::pursuit_record(1), ExistingFile::keep);
  const std::string history = RunReader::open(path).history();
  replace_pursuit(path, sample::pursuit_record(2), {}, "sf-pursuit --resume");
  const std::string longer = RunReader::open(path).history();
  BOOST_TEST(longer.starts_with(history + "\n20"));
  BOOST_TEST(longer.ends_with(" sf-pursuit --resume"));
}

// Two processes that go on with one file: the second one to write is told, and changes nothing.
BOOST_AUTO_TEST_CASE(a_second_writer_is_refused) {
  const TemporaryFolder folder;
  const std::string path = folder.file("run.h5");
  write_pursuit(path, sample::pursuit_record(1), ExistingFile::keep);
  const FileStamp both = stamp_of(path);
  const FileStamp first = replace_pursuit(path, sample::pursuit_record(2), both);
  BOOST_TEST((first == stamp_of(path)));
  const auto says = [&](const IoError& error) {
    return error.what() == path + ": another process has changed this file; expected it as this run left it";
  };
  BOOST_CHECK_EXCEPTION(replace_pursuit(path, sample::pursuit_record(3), both), IoError, says);
  BOOST_TEST(files_in(folder) == 1U);
  require_record(read_pursuit(path), sample::pursuit_record(2));
  replace_pursuit(path, sample::pursuit_record(3), first);
  require_record(read_pursuit(path), sample::pursuit_record(3));
  BOOST_CHECK_THROW(stamp_of(folder.file("none.h5")), IoError);
}

BOOST_AUTO_TEST_CASE(a_reader_keeps_what_it_has_opened) {
  const TemporaryFolder folder;
  const std::string path = folder.file("run.h5");
  write_pursuit(path, sample::pursuit_record(1), ExistingFile::keep);
  const RunReader early = RunReader::open(path);
  replace_pursuit(path, sample::pursuit_record(2));
  BOOST_TEST(early.rounds().size() == 1U);
  BOOST_TEST(RunReader::open(path).rounds().size() == 2U);
}

BOOST_AUTO_TEST_CASE(what_is_not_known_comes_back_as_not_known) {
  const TemporaryFolder folder;
  const std::string path = folder.file("run.h5");
  PursuitRecord record = sample::pursuit_record(1);
  record.rounds = {RoundRow{}};
  record.description.test_inputs = record.description.test_targets = {};
  record.description.test_sample_count = 0;
  write_pursuit(path, record, ExistingFile::keep);
  const RunReader reader = RunReader::open(path);
  const RoundRow row = reader.rounds().at(0);
  BOOST_TEST(std::isnan(row.loss_before));
  BOOST_TEST(std::isnan(row.test_error));
  BOOST_TEST(std::isnan(row.next_value));
  BOOST_TEST(row.kind == 3);
  BOOST_TEST(row.index_negative == -1);
  BOOST_TEST(row.snapshot == -1);
  BOOST_TEST(row.neurons == (std::vector<std::int64_t>{-1, -1}), boost::test_tools::per_element());
  BOOST_TEST(!reader.has("problem/test_inputs"));
  BOOST_TEST(reader.description().test_inputs.empty());
  BOOST_TEST(reader.description().test_sample_count == 0);
}

BOOST_AUTO_TEST_CASE(other_runs_have_none) {
  const TemporaryFolder folder;
  const std::string path = folder.file("run.h5");
  {
    RunWriter writer = RunWriter::create(path, sample::description());
    writer.append(sample::time_row(0));
    writer.finish({"reached_end", {}, {}});
  }
  const RunReader reader = RunReader::open(path);
  BOOST_TEST(!reader.has_rounds());
  BOOST_TEST(reader.rounds().empty());
  BOOST_TEST(!reader.description().growing);
  BOOST_TEST(!reader.has("rounds/round"));
  BOOST_CHECK_THROW(read_pursuit(path), InputError);
  BOOST_CHECK_THROW(replace_pursuit(path, sample::pursuit_record(1)), InputError);
  BOOST_CHECK_THROW(replace_pursuit(folder.file("none.h5"), sample::pursuit_record(1)), InputError);
  // There a row is as long as its axis.
  RunWriter writer = RunWriter::create(folder.file("other.h5"), sample::description());
  BOOST_CHECK_THROW(writer.append(SnapshotRow{0, {1, 2, 3}}), InputError);
}

struct Defect {
  std::string message;
  std::function<void(PursuitRecord&)> make;
};

BOOST_AUTO_TEST_CASE(what_does_not_fit_is_refused_and_changes_nothing) {
  const TemporaryFolder folder;
  const std::string path = folder.file("run.h5");
  write_pursuit(path, sample::pursuit_record(2), ExistingFile::keep);
  const std::vector<Defect> defects = {
      {"/weights: a row of 13 numbers, expected at most 12",
       [](auto& r) { r.snapshots.back().weights.push_back(0); }},
      {"/neuron_norm: a row of 4 numbers, expected at most 3",
       [](auto& r) { r.times.back().neuron_norm.push_back(0); }},
      {"/layer_norm: a row of 1 numbers, expected 2", [](auto& r) { r.times[1].layer_norm.pop_back(); }},
      {"/rounds/neurons: a row of 1 numbers, expected 2", [](auto& r) { r.rounds[1].neurons.pop_back(); }},
      {"/rounds/active_neurons: a row of 3 numbers",
       [](auto& r) { r.rounds[2].active_neurons.push_back(1); }},
      {"/rounds/snapshot: row 2 names row 6, of 6", [](auto& r) { r.rounds[2].snapshot = 6; }},
      {"/rounds/snapshot_start: row 0 names row -2", [](auto& r) { r.rounds[0].snapshot_start = -2; }},
      {"/rounds/first_time: row 1 names row 9, of 9", [](auto& r) { r.rounds[1].first_time = 9; }},
      {"test_inputs holds 5 numbers, expected 6", [](auto& r) { r.description.test_inputs.pop_back(); }},
      {"test_targets holds 2 numbers, expected 3",
       [](auto& r) {
         r.description.test_sample_count = 3;
         r.description.test_inputs.resize(9);
       }},
      {"/network/parameter_row: holds 11 numbers, expected 12",
       [](auto& r) { r.description.parameter_row.pop_back(); }},
  };
  for (const Defect& defect : defects) {
    PursuitRecord record = sample::pursuit_record(3);
    defect.make(record);
    const auto says = [&](const InputError& error) {
      BOOST_TEST_MESSAGE(error.what());
      return std::string(error.what()).find(defect.message) != std::string::npos;
    };
    BOOST_CHECK_EXCEPTION(replace_pursuit(path, record), InputError, says);
    require_record(read_pursuit(path), sample::pursuit_record(2));
    BOOST_CHECK_EXCEPTION(write_pursuit(folder.file("new.h5"), record, ExistingFile::keep), InputError, says);
    BOOST_TEST(files_in(folder) == 1U);
  }
}

BOOST_AUTO_TEST_CASE(another_order_is_refused) {
  const TemporaryFolder folder;
  const std::string path = folder.file("run.h5");
  write_pursuit(path, sample::pursuit_record(1), ExistingFile::keep);
  const hid_t file = H5Fopen(path.c_str(), H5F_ACC_RDWR, H5P_DEFAULT);
  const hid_t network = H5Gopen2(file, "/network", H5P_DEFAULT),
              attribute = H5Aopen(network, "order", H5P_DEFAULT), type = H5Aget_type(attribute);
  const char* text = "size";
  BOOST_TEST_REQUIRE(H5Awrite(attribute, type, static_cast<const void*>(&text)) >= 0);
  H5Tclose(type);
  H5Aclose(attribute);
  H5Gclose(network);
  BOOST_TEST_REQUIRE(H5Fclose(file) >= 0);
  BOOST_CHECK_EXCEPTION(RunReader::open(path), InputError, [](const InputError& error) {
    return std::string(error.what()).find("attribute order of /network is 'size'") != std::string::npos;
  });
}

}  // namespace

BOOST_AUTO_TEST_SUITE_END()

}  // namespace saddleflow::archive::pursuit_tables
