// Files that are not what they should be: one line that names file and dataset, and the exit code.
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <filesystem>
#include <fstream>
#include <functional>

#include "saddleflow/archive/hdf5/attribute.hpp"
#include "saddleflow/archive/run_reader.hpp"
#include "saddleflow/archive/run_writer.hpp"
#include "saddleflow/base/error.hpp"
#include "sample_run.hpp"
#include "temporary_folder.hpp"

namespace saddleflow::archive {

BOOST_AUTO_TEST_SUITE(error_test)

namespace {

void write_sample(const std::string& path) {
  RunWriter writer = RunWriter::create(path, sample::description());
  for (std::int64_t k = 0; k < 100; ++k) writer.append(sample::time_row(k));
  writer.finish({"reached_end", {}, {}});
}

void edit(const std::string& path, const std::function<void(hid_t)>& change) {
  const hdf5::Handle file = hdf5::open_file(path, H5F_ACC_RDWR);
  change(file);
}

struct Defect {
  std::string name;
  std::function<void(const std::string&)> make;  ///< turns the sample run into something else
  std::string message;                           ///< what the line must say after the file's name
  int exit_code;
};

std::ostream& operator<<(std::ostream& out, const Defect& defect) { return out << defect.name; }

const std::vector<Defect> defects = {
    {"missing", [](const std::string& path) { std::filesystem::remove(path); }, "no such file", 2},
    {"text", [](const std::string& path) { std::ofstream(path) << "time,loss\n1,2\n"; }, "not an HDF5 file",
     2},
    {"empty", [](const std::string& path) { std::ofstream{path}; }, "not an HDF5 file", 2},
    {"folder",
     [](const std::string& path) {
       std::filesystem::remove(path);
       std::filesystem::create_directory(path);
     },
     "is a folder, expected an HDF5 file", 2},
    {"truncated",
     [](const std::string& path) {
       std::filesystem::resize_file(path, std::filesystem::file_size(path) / 2);
     },
     "cannot open the file: truncated file", 4},
    {"foreign",
     [](const std::string& path) {
       std::filesystem::remove(path);
       const hdf5::Handle file = hdf5::create_file(path);
     },
     "attribute format is '', expected 'saddleflow-run'", 2},
    {"other format",
     [](const std::string& path) {
       edit(path, [](hid_t file) {
         hdf5::write_attribute(hdf5::open_group(file, "/"), "format", std::string("weather"));
       });
     },
     "attribute format is 'weather', expected 'saddleflow-run'", 2},
    {"newer version",
     [](const std::string& path) {
       edit(path, [](hid_t file) {
         hdf5::write_attribute(hdf5::open_group(file, "/"), "format_version",
                               std::vector<std::int64_t>{2, 0});
       });
     },
     "format_version is 2, expected 1", 2},
    {"no dataset",
     [](const std::string& path) {
       edit(path, [](hid_t file) { H5Ldelete(file, "/events/value", H5P_DEFAULT); });
     },
     "no dataset /events/value; expected a saddleflow run file", 2},
    {"no group",
     [](const std::string& path) {
       edit(path, [](hid_t file) { H5Ldelete(file, "/network", H5P_DEFAULT); });
     },
     "no dataset /network/", 2},
    {"no attribute",
     [](const std::string& path) {
       edit(path, [](hid_t file) { H5Adelete(hdf5::open_group(file, "/network"), "slope"); });
     },
     "attribute slope of /network is missing", 2},
    {"wrong attribute",
     [](const std::string& path) {
       edit(path, [](hid_t file) {
         hdf5::write_attribute(hdf5::open_group(file, "/network"), "slope", std::string("steep"));
       });
     },
     "attribute slope of /network is not a number", 2},
    {"wrong rank",
     [](const std::string& path) {
       edit(path, [](hid_t file) {
         H5Ldelete(file, "/loss", H5P_DEFAULT);
         H5Lcreate_hard(file, "/weights", file, "/loss", H5P_DEFAULT, H5P_DEFAULT);
       });
     },
     "/loss: 2 axes, expected 1", 2},
};

BOOST_DATA_TEST_CASE(a_defect_is_named_in_one_line, boost::unit_test::data::make(defects), defect) {
  const TemporaryFolder folder;
  const std::string path = folder.file("run.h5");
  write_sample(path);
  BOOST_REQUIRE_EQUAL(RunReader::open(path).rows().time, 100);
  defect.make(path);
  BOOST_CHECK_EXCEPTION(RunReader::open(path), Error, [&](const Error& error) {
    const std::string line = error.what();
    BOOST_TEST_MESSAGE(line);
    BOOST_TEST(error.exit_code() == defect.exit_code);
    BOOST_TEST(line.find('\n') == std::string::npos);
    return line.starts_with(path + ": " + defect.message);
  });
}

struct Contradiction {
  std::string name;
  std::function<void(RunDescription&)> make;
};

std::ostream& operator<<(std::ostream& out, const Contradiction& item) { return out << item.name; }

const std::vector<Contradiction> contradictions = {
    {"parameter_row", [](RunDescription& d) { d.parameter_row.pop_back(); }},
    {"neuron_index", [](RunDescription& d) { d.neuron_index.clear(); }},
    {"inputs", [](RunDescription& d) { d.inputs.push_back(1); }},
    {"targets", [](RunDescription& d) { d.output_count = 2; }},
    {"event_kinds", [](RunDescription& d) { d.event_kinds.clear(); }},
    {"stepper_names", [](RunDescription& d) { d.stepper_names[0] = "two words"; }},
    {"layers", [](RunDescription& d) { d.layer_count = 0; }},
};

BOOST_DATA_TEST_CASE(a_contradictory_description_makes_no_file, boost::unit_test::data::make(contradictions),
                     item) {
  const TemporaryFolder folder;
  RunDescription description = sample::description();
  item.make(description);
  BOOST_CHECK_EXCEPTION(
      RunWriter::create(folder.file("run.h5"), description), InputError,
      [&](const Error& error) { return std::string(error.what()).find(item.name) != std::string::npos; });
  BOOST_TEST(!std::filesystem::exists(folder.file("run.h5")));
}

}  // namespace

BOOST_AUTO_TEST_SUITE_END()

}  // namespace saddleflow::archive
