#include "saddleflow/report/from_file.hpp"

#include <algorithm>
#include <cmath>
#include <filesystem>

#include <unistd.h>

#include <boost/test/unit_test.hpp>

#include "example_file.hpp"
#include "example_run.hpp"
#include "saddleflow/base/error.hpp"

BOOST_AUTO_TEST_SUITE(from_file_test)

namespace fs = std::filesystem;
using namespace saddleflow::report;

namespace {

struct Folder {
  fs::path path = fs::temp_directory_path() / ("saddleflow-report-" + std::to_string(getpid()));
  Folder() { fs::create_directory(path); }
  ~Folder() { fs::remove_all(path); }
};

}  // namespace

BOOST_FIXTURE_TEST_CASE(a_run_in_the_plane_comes_back, Folder) {
  const RunData written = example_run(2);
  const std::string file = (path / "run.h5").string();
  write_example_file(file, written);
  const RunData run = read_run(file);
  BOOST_TEST(run.title == written.title);
  BOOST_TEST(run.file == "run.h5");
  BOOST_TEST(run.stop_reason == written.stop_reason);
  BOOST_TEST(run.study == written.study);
  BOOST_TEST(run.layer_sizes == written.layer_sizes, boost::test_tools::per_element());
  BOOST_TEST(run.time == written.time, boost::test_tools::per_element());
  BOOST_TEST(run.step == written.step, boost::test_tools::per_element());
  BOOST_TEST(run.proximity == written.proximity, boost::test_tools::per_element());
  BOOST_TEST(run.stepper == written.stepper, boost::test_tools::per_element());
  BOOST_TEST(run.neuron_norm.size() == written.neuron_norm.size());
  BOOST_TEST(run.neuron_norm[7] == written.neuron_norm[7], boost::test_tools::per_element());
  BOOST_TEST(run.layer_norm[1] == written.layer_norm[1], boost::test_tools::per_element());
  BOOST_TEST(run.snapshots.size() == written.snapshots.size());
  BOOST_TEST(run.events.size() == written.events.size());
  for (std::size_t e = 0; e < run.events.size(); ++e) {
    BOOST_TEST(run.events[e].kind == written.events[e].kind);
    const auto weights = [&](const RunData& r) {
      return r.snapshots[static_cast<std::size_t>(r.events[e].snapshot)].weights;
    };
    BOOST_TEST(weights(run) == weights(written), boost::test_tools::per_element());
  }
  BOOST_TEST(run.saddles[1].eigenvalues == written.saddles[1].eigenvalues, boost::test_tools::per_element());
  BOOST_TEST(run.saddles[1].point == written.saddles[1].point, boost::test_tools::per_element());
  BOOST_TEST(run.saddles[1].index_zero == written.saddles[1].index_zero);
  bool gradients = false;
  for (const auto& [name, value] : run.counters)
    gradients = gradients || (name == "gradients" && value == "9906");
  BOOST_TEST(gradients);
}

BOOST_FIXTURE_TEST_CASE(more_inputs_load_only_the_moments_shown, Folder) {
  const RunData written = example_run(10);
  const std::string file = (path / "run.h5").string();
  write_example_file(file, written);
  const RunData run = read_run(file);
  BOOST_TEST(run.snapshots.size() == 2 + written.events.size());
  for (std::size_t e = 0; e < run.events.size(); ++e)
    BOOST_TEST(run.snapshots[static_cast<std::size_t>(run.events[e].snapshot)].time ==
               written.events[e].time);
}

BOOST_FIXTURE_TEST_CASE(mode_changes_come_back, Folder) {
  RunData written = example_run(2);
  add_example_modes(written);
  const std::string file = (path / "run.h5").string();
  write_example_file(file, written);
  const RunData run = read_run(file);
  BOOST_TEST(run.has_mode_changes);
  BOOST_TEST(run.sliding_count == written.sliding_count, boost::test_tools::per_element());
  BOOST_TEST(run.dead_neurons == written.dead_neurons, boost::test_tools::per_element());
  BOOST_REQUIRE(run.mode_changes.size() == written.mode_changes.size());
  for (std::size_t k = 0; k < run.mode_changes.size(); ++k) {
    const auto &a = run.mode_changes[k], &b = written.mode_changes[k];
    BOOST_TEST((a.time == b.time && a.neuron == b.neuron && a.sample == b.sample && a.kind == b.kind &&
                a.side == b.side));
  }
  write_example_file(file, example_run(2));
  BOOST_TEST(!read_run(file).has_mode_changes);
  BOOST_TEST(read_run(file).sliding_count.empty());
  written.mode_changes.clear();
  written.sliding_count.assign(written.time.size(), -1);
  write_example_file(file, written);
  BOOST_TEST(read_run(file).has_mode_changes);
  BOOST_TEST(std::isnan(read_run(file).sliding_count.back()));
}

BOOST_FIXTURE_TEST_CASE(kkt_points_come_back, Folder) {
  RunData written = example_run(2);
  add_example_kkt(written);
  const std::string file = (path / "run.h5").string();
  write_example_file(file, written);
  const RunData run = read_run(file);
  BOOST_REQUIRE(run.kkt.size() == 4u);
  BOOST_TEST(run.kkt[2].direction == written.kkt[2].direction, boost::test_tools::per_element());
  BOOST_TEST(run.kkt[1].active_neurons == written.kkt[1].active_neurons, boost::test_tools::per_element());
  BOOST_TEST(run.run_point == 0);
  BOOST_TEST((run.kkt_search == written.kkt_search));
  BOOST_TEST(run.alignment.time == written.alignment.time, boost::test_tools::per_element());
  BOOST_TEST(run.alignment.cosine == written.alignment.cosine, boost::test_tools::per_element());
  BOOST_TEST(run.alignment.residual == written.alignment.residual, boost::test_tools::per_element());
  BOOST_TEST(run.alignment.neuron_cosine[7] == written.alignment.neuron_cosine[7],
             boost::test_tools::per_element());
}

BOOST_FIXTURE_TEST_CASE(kkt_points_without_a_trajectory_are_shown, Folder) {
  RunData written = example_run(2);
  add_example_kkt(written);
  for (Column* c : {&written.time, &written.step, &written.loss}) c->clear();
  written.snapshots.clear();
  written.events.clear();
  written.saddles.clear();
  written.alignment = {};
  const std::string file = (path / "points.h5").string();
  write_example_file(file, written);
  BOOST_TEST(read_run(file).time.empty());
  BOOST_TEST(read_run(file).kkt.size() == 4u);
}

BOOST_FIXTURE_TEST_CASE(critical_points_come_back, Folder) {
  RunData written = example_run(10);
  add_example_saddles(written);
  const std::string file = (path / "run.h5").string();
  write_example_file(file, written);
  const RunData run = read_run(file);
  BOOST_TEST(run.has_saddle_record);
  BOOST_REQUIRE(run.saddle_record.catalogue.size() == 5u);
  BOOST_TEST(run.saddle_record.catalogue[2].point == written.saddle_record.catalogue[2].point,
             boost::test_tools::per_element());
  BOOST_TEST(run.saddle_record.visits[1].exit_overlap == written.saddle_record.visits[1].exit_overlap);
  BOOST_TEST(run.saddles[1].point == written.saddles[1].point, boost::test_tools::per_element());
  BOOST_TEST(run.saddle_record.transitions[0].trajectories == 17);
  // The weights after each exit are there to be shown.
  for (const Saddle& saddle : run.saddles)
    BOOST_TEST(std::any_of(run.snapshots.begin(), run.snapshots.end(),
                           [&](const Snapshot& s) { return s.time == saddle.leave_time; }));
}

BOOST_FIXTURE_TEST_CASE(critical_points_need_no_trajectory_and_may_be_none, Folder) {
  RunData written = example_run(10);
  add_example_saddles(written);
  const std::string file = (path / "several.h5").string();
  write_example_file(file, without_trajectory(written));
  BOOST_TEST(read_run(file).time.empty());
  BOOST_TEST(read_run(file).saddle_record.visits.size() == 2u);
  RunData none = without_trajectory(example_run(10));
  none.saddles.clear();
  none.has_saddle_record = true;
  write_example_file(file, none);
  BOOST_TEST(read_run(file).has_saddle_record);
  BOOST_TEST(read_run(file).saddle_record.catalogue.empty());
}

BOOST_FIXTURE_TEST_CASE(bad_files_are_named, Folder) {
  const std::string missing = (path / "missing.h5").string();
  BOOST_CHECK_EXCEPTION(read_run(missing), saddleflow::Error, [&](const saddleflow::Error& e) {
    return std::string(e.what()).find(missing) != std::string::npos && e.exit_code() == 2;
  });
  RunData empty = example_run(2);
  for (Column* c : {&empty.time, &empty.step, &empty.loss}) c->clear();
  empty.snapshots.clear();
  empty.events.clear();
  empty.saddles.clear();
  const std::string file = (path / "empty.h5").string();
  write_example_file(file, empty);
  BOOST_CHECK_EXCEPTION(read_run(file), saddleflow::InputError, [&](const saddleflow::InputError& e) {
    return std::string(e.what()).find("no row written yet") != std::string::npos;
  });
}

BOOST_AUTO_TEST_SUITE_END()
