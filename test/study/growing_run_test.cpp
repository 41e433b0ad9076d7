// What the rest of the program makes of a file whose network has grown.
#include "saddleflow/study/growing_run.hpp"

#include <boost/test/unit_test.hpp>

#include "archive/sample_pursuit.hpp"
#include "archive/temporary_folder.hpp"
#include "saddleflow/archive/pursuit_writer.hpp"
#include "saddleflow/archive/run_writer.hpp"
#include "saddleflow/base/error.hpp"
#include "saddleflow/job/flow_run.hpp"
#include "saddleflow/job/kkt_run.hpp"
#include "saddleflow/job/verification.hpp"
#include "saddleflow/study/initial_weights.hpp"
#include "saddleflow/study/saddle_start.hpp"

namespace saddleflow {

BOOST_AUTO_TEST_SUITE(growing_run_test)

namespace {

namespace sample = archive::sample;

/// 3-1-1, 3-2-1, 3-3-1: two snapshots each.
struct GrownFile {
  GrownFile() { archive::write_pursuit(path, sample::pursuit_record(3), ExistingFile::keep); }
  archive::TemporaryFolder folder;
  std::string path = folder.file("grown.h5");
};

Vector started(const std::string& path, const std::string& layers, int snapshot) {
  const StudyTable study =
      StudyTable::parse("", "s.toml",
                        {"network.layers=" + layers, "init.kind=run", "init.keep_norm=true",
                         "init.file=" + path, "init.snapshot=" + std::to_string(snapshot)});
  std::vector<Index> sizes{3, layers[3] - '0', 1};
  return build_initial_weights(study, *feed_forward(sizes, Activation(Real(0.25), 2)));
}

/// Figures of a row of /weights, in this order.
void require_figures(const Vector& w, std::int64_t row, const std::vector<int>& order) {
  BOOST_TEST_REQUIRE(static_cast<std::size_t>(w.size()) == order.size());
  for (std::size_t i = 0; i < order.size(); ++i)
    BOOST_TEST(static_cast<double>(w[static_cast<Index>(i)]) == sample::figure(10, row, order[i]));
}

template <class Action>
void refused(const Action& action, const std::string& words) {
  BOOST_CHECK_EXCEPTION(action(), InputError, [&](const InputError& error) {
    const std::string text = error.what();
    BOOST_TEST_MESSAGE(text);
    return text.find(words) != std::string::npos && text.find('\n') == std::string::npos;
  });
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_flow_starts_from_any_of_its_networks) {
  const GrownFile grown;
  require_figures(started(grown.path, "[3,1,1]", 1), 1, {0, 1, 2, 3});
  require_figures(started(grown.path, "[3,2,1]", 2), 2, {0, 4, 1, 5, 2, 6, 3, 7});
  const std::vector<int> last{0, 4, 8, 1, 5, 9, 2, 6, 10, 3, 7, 11};
  require_figures(started(grown.path, "[3,3,1]", 4), 4, last);
  require_figures(started(grown.path, "[3,3,1]", -1), 5, last);
}

BOOST_AUTO_TEST_CASE(a_network_of_another_size_is_named) {
  const GrownFile grown;
  refused([&] { started(grown.path, "[3,3,1]", 3); },
          "/weights: row 3 is of a network of 3-2-1, expected 3-3-1");
  refused([&] { started(grown.path, "[3,1,1]", -1); }, "row 5 is of a network of 3-3-1, expected 3-1-1");
}

BOOST_AUTO_TEST_CASE(tables_that_describe_no_growth_are_named) {
  const archive::TemporaryFolder folder;
  const std::string path = folder.file("odd.h5");
  archive::PursuitRecord record = sample::pursuit_record(2);
  // Two outputs of one hidden neuron: matrices without a gap, and no network with two of them.
  record.description.parameter_row[7] = 1;
  record.description.parameter_column[7] = 0;
  archive::write_pursuit(path, record, ExistingFile::keep);
  refused([&] { started(path, "[3,2,1]", -1); }, path + ": /network: ");
}

BOOST_AUTO_TEST_CASE(a_description_in_the_order_of_birth) {
  BirthOrder order(Layout({{1, 3}, {1, 1}}));
  order.append_neuron(0);
  order.append_neuron(0);
  archive::RunDescription d;
  set_birth_order(d, order);
  const archive::RunDescription expected = sample::growing_description(3);
  BOOST_TEST(d.growing);
  BOOST_TEST(d.parameter_layer == expected.parameter_layer, boost::test_tools::per_element());
  BOOST_TEST(d.parameter_row == expected.parameter_row, boost::test_tools::per_element());
  BOOST_TEST(d.parameter_column == expected.parameter_column, boost::test_tools::per_element());
  BOOST_TEST(d.neuron_layer == expected.neuron_layer, boost::test_tools::per_element());
  BOOST_TEST(d.neuron_index == expected.neuron_index, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_fixed_network_is_taken_as_it_is) {
  const archive::TemporaryFolder folder;
  const std::string path = folder.file("fixed.h5");
  archive::RunWriter writer = archive::RunWriter::create(path, sample::description());
  writer.append(sample::snapshot_row(0));
  writer.finish({"reached_end", {}, {}});
  const archive::RunReader run = archive::RunReader::open(path);
  require_fixed_network(run, "anything");
  const auto network = feed_forward({3, 2, 1}, Activation(Real(0.25), 2));
  require_figures(stored_weights(run, 0, *network), 0, {0, 1, 2, 3, 4, 5, 6, 7});
}

BOOST_AUTO_TEST_CASE(what_needs_a_fixed_network_says_so) {
  const GrownFile grown;
  const StudyTable study = StudyTable::parse("", "s.toml");
  const auto network = feed_forward({3, 3, 1}, Activation(Real(0.25), 2));
  FlowRunOptions resume;
  resume.output = grown.path;
  resume.resume = true;
  const std::string grows = grown.path + ": its network grows";
  refused([&] { open_kkt_problem(grown.path, {}, "sf-kkt"); }, grows);
  SaddleStart beside;
  beside.file = grown.path;
  beside.delta = Real(0.1);
  refused([&] { weights_beside_saddle(beside, *network); }, grows);
  refused([&] { run_flow(study, resume); }, grows);
  refused([&] { verify_run(study, grown.path, nullptr); }, grows);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace saddleflow
