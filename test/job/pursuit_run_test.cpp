// Neuron Pursuit from a study to its file and back: the same saddles as the trajectory, and going on from any
// round.
#include "saddleflow/job/pursuit_run.hpp"

#include <fmt/format.h>

#include <boost/test/unit_test.hpp>
#include <cmath>
#include <fstream>

#include "archive/temporary_folder.hpp"
#include "saddleflow/archive/pursuit_writer.hpp"
#include "saddleflow/archive/run_reader.hpp"
#include "saddleflow/base/error.hpp"
#include "saddleflow/job/flow_run.hpp"
#include "saddleflow/study/growing_run.hpp"

BOOST_AUTO_TEST_SUITE(pursuit_run_test)

using namespace saddleflow;

namespace {

const std::string kMainStudy = std::string(STUDIES) + "/saddle-to-saddle.toml";
const std::string kTeacher = std::string(STUDIES) + "/pursuit/teacher.toml";

enum class PursuitBegin { anew, resume };

PursuitOutcome pursue(const std::string& source, const std::string& output,
                      const std::vector<std::string>& overrides = {}, std::int64_t after = -1,
                      PursuitBegin begin = PursuitBegin::anew) {
  PursuitRunOptions options;
  options.output = output;
  options.command = "test";
  options.after_round = after;
  options.resume = begin == PursuitBegin::resume;
  return run_pursuit(source, overrides, options);
}

/// Weights of round k, in the layout of its network.
struct RoundPoint {
  std::shared_ptr<const Network> network;
  Vector weights;
};
RoundPoint point_of(const archive::PursuitRecord& record, std::size_t k, const Network& family) {
  const archive::RoundRow& round = record.rounds[k];
  const BirthOrder order(record.description.parameter_layer, record.description.parameter_row,
                         record.description.parameter_column);
  const std::vector<double>& row = record.snapshots[static_cast<std::size_t>(round.snapshot)].weights;
  const Vector born = Eigen::Map<const Eigen::VectorXd>(row.data(), order.born(row)).cast<Real>();
  return {with_widths(family, {round.neurons.begin(), round.neurons.end() - 1}), order.canonical(born)};
}

bool same_numbers(double a, double b) { return a == b || (std::isnan(a) && std::isnan(b)); }

void require_same_rounds(const archive::PursuitRecord& a, const archive::PursuitRecord& b) {
  BOOST_REQUIRE(a.rounds.size() == b.rounds.size());
  BOOST_TEST(a.times.size() == b.times.size());
  for (std::size_t k = 0; k < a.rounds.size(); ++k) {
    BOOST_TEST(same_numbers(a.rounds[k].loss_after, b.rounds[k].loss_after));
    BOOST_TEST(same_numbers(a.rounds[k].value, b.rounds[k].value));
    BOOST_TEST(same_numbers(a.rounds[k].next_value, b.rounds[k].next_value));
    BOOST_TEST(same_numbers(a.rounds[k].test_error, b.rounds[k].test_error));
    BOOST_TEST(a.rounds[k].first_time == b.rounds[k].first_time);
  }
  BOOST_REQUIRE(a.snapshots.size() == b.snapshots.size());
  for (std::size_t k = 0; k < a.snapshots.size(); ++k) {
    BOOST_TEST(a.snapshots[k].time == b.snapshots[k].time);
    const auto &x = a.snapshots[k].weights, &y = b.snapshots[k].weights;
    for (std::size_t i = 0; i < std::min(x.size(), y.size()); ++i) BOOST_TEST(same_numbers(x[i], y[i]));
  }
}

}  // namespace

/// The trajectory of the main job passes two saddles: they are the points of the first two rounds, modulo the
/// symmetries of the network (the same loss, and the same outputs on the data).
BOOST_AUTO_TEST_CASE(main_study_has_the_saddles_of_its_trajectory) {
  const archive::TemporaryFolder folder;
  const std::string flow = folder.file("flow.h5");
  FlowRunOptions options;
  options.output = flow;
  run_flow(StudyTable::read(kMainStudy, {}), options);
  const archive::RunReader run = archive::RunReader::open(flow);
  const StudyTable study = StudyTable::read(kMainStudy, {});
  const PursuitSetup setup = build_pursuit(study);
  const PursuitOutcome pursuit = pursue(kMainStudy, folder.file("pursuit.h5"));
  BOOST_TEST(name_of(pursuit.end) == std::string("loss"));
  Objective whole(setup.family, setup.data.training, setup.loss);
  std::size_t k = 0;
  for (const archive::SaddleRow& saddle : run.saddle_rows()) {
    const Vector w =
        Eigen::Map<const Eigen::VectorXd>(saddle.point.data(), static_cast<Index>(saddle.point.size()))
            .cast<Real>();
    if (saddle.loss < 1e-6 || k >= pursuit.record.rounds.size()) break;
    const CriticalPoint point = analyse_critical_point(whole, w);
    BOOST_REQUIRE(point.is_critical());
    const RoundPoint found = point_of(pursuit.record, k, *setup.family);
    Objective narrow(found.network, setup.data.training, setup.loss);
    const Matrix outputs = whole.outputs(point.point());
    const Real difference = (narrow.outputs(found.weights) - outputs).norm() / outputs.norm();
    BOOST_TEST_MESSAGE(
        fmt::format("saddle {}: loss of the trajectory's {:.12g}, of the pursuit's {:.12g}; outputs "
                    "differ by {:.1e}; active neurons {} and {}",
                    k, static_cast<double>(point.refinement.loss), pursuit.record.rounds[k].loss_after,
                    static_cast<double>(difference), point.active_neurons[0],
                    pursuit.record.rounds[k].active_neurons[0]));
    BOOST_TEST(difference < 1e-9);
    BOOST_TEST(point.active_neurons[0] == pursuit.record.rounds[k].active_neurons[0]);
    ++k;
  }
  BOOST_TEST(k == 2u);
}

BOOST_AUTO_TEST_CASE(a_file_goes_on_after_any_round_to_the_same_end) {
  const archive::TemporaryFolder folder;
  const std::string whole = folder.file("whole.h5");
  const PursuitOutcome first = pursue(kTeacher, whole);
  BOOST_TEST(first.record.rounds.size() == 3u);
  const archive::PursuitRecord stored = archive::read_pursuit(whole);
  require_same_rounds(first.record, stored);
  BOOST_TEST(stored.summary.stop_reason == "loss");
  for (std::int64_t k = 0; k < 2; ++k) {
    const std::string other = folder.file("after.h5");
    std::filesystem::remove(other);
    const PursuitOutcome later = pursue(whole, other, {}, k);
    require_same_rounds(later.record, stored);
    require_same_rounds(archive::read_pursuit(other), stored);
  }
  // In place: a pursuit that was stopped by its budget, and the same study with more of it.
  const std::string narrow = folder.file("narrow.h5");
  pursue(kTeacher, narrow, {"pursuit.budget=[2]"});
  BOOST_TEST(archive::read_pursuit(narrow).rounds.size() == 2u);
  BOOST_TEST(archive::read_pursuit(narrow).summary.stop_reason == "budget");
  const std::string wide = folder.file("wide.h5");
  const PursuitOutcome more = pursue(narrow, wide, {"pursuit.budget=[5]"});
  require_same_rounds(more.record, stored);
  BOOST_CHECK_THROW(pursue(kTeacher, narrow, {"pursuit.budget=[5]"}, -1, PursuitBegin::resume), InputError);
  BOOST_TEST(name_of(pursue(kTeacher, whole, {}, -1, PursuitBegin::resume).end) == std::string("loss"));
}

BOOST_AUTO_TEST_CASE(an_interrupted_pursuit_keeps_its_rounds) {
  const archive::TemporaryFolder folder;
  const std::string file = folder.file("stopped.h5");
  std::atomic<bool> stop = false;
  PursuitRunOptions options;
  options.output = file;
  options.interrupt = &stop;
  options.on_round = [&](const archive::RoundRow&, Index number) { stop = number >= 1; };
  BOOST_TEST(name_of(run_pursuit(kTeacher, {}, options).end) == std::string("interrupted"));
  BOOST_TEST(archive::read_pursuit(file).rounds.size() == 2u);
  BOOST_TEST(archive::read_pursuit(file).summary.stop_reason == "interrupted");
  const PursuitOutcome rest = pursue(kTeacher, file, {}, -1, PursuitBegin::resume);
  const std::string whole = folder.file("whole.h5");
  require_same_rounds(rest.record, pursue(kTeacher, whole).record);
  require_same_rounds(archive::read_pursuit(file), archive::read_pursuit(whole));
}

BOOST_AUTO_TEST_CASE(errors_name_what_was_found) {
  const archive::TemporaryFolder folder;
  const auto says = [](const std::string& part) {
    return [part](const InputError& e) {
      BOOST_TEST_MESSAGE(e.what());
      return std::string(e.what()).find(part) != std::string::npos;
    };
  };
  BOOST_CHECK_EXCEPTION(pursue(kTeacher, "", {}, 1), InputError, says("is a study, it has no rounds"));
  BOOST_CHECK_EXCEPTION(pursue(kTeacher, "", {"network.kind=power_sum", "network.layers=[10,5]"}), InputError,
                        says("expected feed_forward with hidden layers"));
  BOOST_CHECK_EXCEPTION(pursue(kTeacher, "", {"pursuit.layer=2"}), InputError,
                        says("pursuit.layer: found 2"));
  BOOST_CHECK_EXCEPTION(pursue(kTeacher, "", {"pursuit.budget=[2,2]"}), InputError,
                        says("pursuit.budget: found 2"));
  BOOST_CHECK_EXCEPTION(pursue(kTeacher, "", {"data.test_fraction=0.5"}), InputError,
                        says("data.test_fraction"));
  BOOST_CHECK_EXCEPTION(pursue(kTeacher, "", {"data.inputs=whitened"}), InputError,
                        says("data.test_samples"));
  const std::string file = folder.file("run.h5");
  pursue(kTeacher, file, {"pursuit.budget=[1]"});
  BOOST_CHECK_EXCEPTION(pursue(file, folder.file("b.h5"), {}, 7), InputError, says("rounds 0 to 0"));
  BOOST_CHECK_EXCEPTION(pursue(file, file), InputError, says("is the source itself"));
  BOOST_CHECK_EXCEPTION(pursue(kTeacher, file), InputError, says(file));
}

BOOST_AUTO_TEST_SUITE_END()
