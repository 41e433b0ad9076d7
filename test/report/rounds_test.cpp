// A growing network on the page: its rounds, its networks, and what goes beside them.
#include <algorithm>
#include <cmath>

#include <boost/test/unit_test.hpp>
#include <nlohmann/json.hpp>

#include "archive/temporary_folder.hpp"
#include "example_pursuit.hpp"
#include "example_run.hpp"
#include "saddleflow/archive/pursuit_writer.hpp"
#include "saddleflow/base/error.hpp"
#include "saddleflow/report/from_file.hpp"
#include "saddleflow/report/json.hpp"

BOOST_AUTO_TEST_SUITE(rounds_test)

using nlohmann::json;
using namespace saddleflow;
using namespace saddleflow::report;

namespace {

RunData read_back(const archive::PursuitRecord& record) {
  const archive::TemporaryFolder folder;
  archive::write_pursuit(folder.file("run.h5"), record, ExistingFile::keep);
  return read_run(folder.file("run.h5"));
}

json page_of(const archive::PursuitRecord& record) { return json::parse(to_json(read_back(record), 2000)); }

std::vector<std::size_t> shape(const json& matrix) { return {matrix.size(), matrix.at(0).size()}; }

}  // namespace

BOOST_AUTO_TEST_CASE(every_round_is_told) {
  const archive::PursuitRecord record = example_pursuit(6);
  const json page = page_of(record), list = page["rounds"]["list"];
  BOOST_TEST_REQUIRE(list.size() == record.rounds.size());
  for (std::size_t k = 0; k < list.size(); ++k) {
    const archive::RoundRow& r = record.rounds[k];
    const auto near = [&](const char* name, double expected) {
      BOOST_TEST(std::abs(list[k][name].get<double>() - expected) <= 1e-5 * std::abs(expected), name);
    };
    near("loss_before", r.loss_before);
    near("loss_after", r.loss_after);
    near("value", r.value);
    near("next_value", r.next_value);
    near("lambda_min", r.lambda_min);
    near("test_error", r.test_error);
    BOOST_TEST(list[k]["neurons"] == json(r.neurons));
    BOOST_TEST(list[k]["negative"] == r.index_negative);
    BOOST_TEST(list[k]["zero_explained"] == r.index_zero_explained);
    BOOST_TEST(list[k]["added_layer"] == r.added_layer);
    BOOST_TEST(list[k]["gradients"] == r.gradients);
    BOOST_TEST(list[k]["begin"]["time"] == record.times[static_cast<std::size_t>(r.first_time)].time);
    BOOST_TEST(list[k]["begin"]["step"] == r.first_time);
  }
  BOOST_TEST(list[0]["kind"] == "saddle");
  BOOST_TEST(list[5]["kind"] == "minimum");
  BOOST_TEST(list[0]["stop"] == "reached_critical_point");
  BOOST_TEST(list[5]["stop"] == "reached_loss");
}

BOOST_AUTO_TEST_CASE(networks_have_the_size_and_the_weights_of_their_round) {
  const archive::PursuitRecord record = example_pursuit(6);
  const json networks = page_of(record)["rounds"]["networks"];
  using Shape = std::vector<std::size_t>;
  const std::vector<Shape> hidden{{1, 1}, {2, 1}, {2, 2}, {3, 2}, {4, 2}, {4, 3}};
  BOOST_TEST_REQUIRE(networks.size() == hidden.size());
  for (std::size_t k = 0; k < hidden.size(); ++k) {
    BOOST_TEST((shape(networks[k][0]) == Shape{hidden[k][0], 6}), "round " << k);
    BOOST_TEST((shape(networks[k][1]) == Shape{hidden[k][1], hidden[k][0]}), "round " << k);
    BOOST_TEST((shape(networks[k][2]) == Shape{1, hidden[k][1]}), "round " << k);
  }
  // Every number is where its place says.
  const archive::RunDescription& d = record.description;
  const std::vector<double>& last = record.snapshots.back().weights;
  for (std::size_t i = 0; i < last.size(); ++i) {
    const auto at = [](std::int64_t n) { return static_cast<std::size_t>(n); };
    const double shown =
        networks[5][at(d.parameter_layer[i])][at(d.parameter_row[i])][at(d.parameter_column[i])];
    BOOST_TEST(std::abs(shown - last[i]) <= 1e-3 * std::abs(last[i]));
  }
}

BOOST_AUTO_TEST_CASE(power_sums_have_one_matrix) {
  archive::PursuitRecord record;
  archive::RunDescription& d = record.description = example_pursuit(2).description;
  d.network_kind = "power_sum";
  d.network_traits = {"separable", "pre_activations", "permutations"};
  d.layer_count = 1;
  d.layer_sizes = {2, 2, 1};
  d.parameter_layer = {0, 0, 0, 0};
  d.parameter_row = {0, 0, 1, 1};
  d.parameter_column = {0, 1, 0, 1};
  d.neuron_layer = {0, 0};
  d.neuron_index = {0, 1};
  record.snapshots = {{0, {1, 2}}, {1, {1, 2, 3, 4}}};
  for (const std::int64_t k : {0, 1}) {
    record.rounds.emplace_back();
    record.rounds.back().neurons = {k + 1};
    record.rounds.back().snapshot = k;
  }
  const json networks = page_of(record)["rounds"]["networks"];
  BOOST_TEST(networks[0] == json::parse("[[[1.0, 2.0]]]"));
  BOOST_TEST(networks[1] == json::parse("[[[1.0, 2.0], [3.0, 4.0]]]"));
}

BOOST_AUTO_TEST_CASE(many_inputs_are_joined) {
  const archive::PursuitRecord record = example_pursuit(64, StepRows::left_out);
  const json rounds = page_of(record)["rounds"];
  BOOST_TEST(rounds["joined_inputs"] == true);
  double square = 0;
  for (std::size_t i = 0; i < 64; ++i) square += std::pow(record.snapshots[1].weights[i], 2);
  BOOST_TEST(shape(rounds["networks"][0][0]) == (std::vector<std::size_t>{1, 1}),
             boost::test_tools::per_element());
  BOOST_TEST(std::abs(rounds["networks"][0][0][0][0].get<double>() - std::sqrt(square)) < 1e-3);
  BOOST_TEST(page_of(example_pursuit(32))["rounds"]["joined_inputs"] == false);
}

BOOST_AUTO_TEST_CASE(a_file_without_steps_has_rounds_alone) {
  const json page = page_of(example_pursuit(6, StepRows::left_out));
  BOOST_TEST(page["rows"] == 0);
  BOOST_TEST(page["rounds"]["list"].size() == 6U);
  BOOST_TEST(page["rounds"]["list"][2]["begin"].is_null());
  BOOST_TEST(page["rounds"]["list"][2]["test_error"].is_null());
}

BOOST_AUTO_TEST_CASE(points_that_are_not_stored_have_no_picture) {
  archive::PursuitRecord record = example_pursuit(6);
  record.rounds[2].snapshot = -1;
  record.rounds[3].neurons = {};
  const json networks = page_of(record)["rounds"]["networks"];
  BOOST_TEST(networks[2].is_null());
  BOOST_TEST(networks[3].is_null());
  BOOST_TEST(!networks[1].is_null());
}

BOOST_AUTO_TEST_CASE(the_last_networks_are_kept_where_not_all_fit) {
  RunData run = read_back(example_pursuit(6));
  while (run.rounds.size() < 3000) {
    run.rounds.push_back(run.rounds.back());
    run.round_points.push_back(run.round_points.back());
  }
  const json networks = json::parse(to_json(run, 2000))["rounds"]["networks"];
  BOOST_TEST(networks.size() == 3000U);
  BOOST_TEST(!networks.back().is_null());
  const auto kept =
      std::count_if(networks.begin(), networks.end(), [](const json& n) { return !n.is_null(); });
  BOOST_TEST(kept > 1000);
  BOOST_TEST(kept < 2000);
}

BOOST_AUTO_TEST_CASE(neurons_have_no_norm_before_their_birth) {
  const json neurons = page_of(example_pursuit(6))["plots"]["neurons"];
  BOOST_TEST(neurons["curves"].size() == 7U);
  std::size_t gaps = 0;
  for (const json& curve : neurons["curves"]) gaps += curve["values"][0].is_null() ? 1 : 0;
  BOOST_TEST(gaps == 5U);
}

BOOST_AUTO_TEST_CASE(directions_are_shown_after_every_round) {
  const json moments = page_of(example_pursuit(6))["directions"]["moments"];
  const auto named = [&](const std::string& label) {
    return std::count_if(moments.begin(), moments.end(), [&](const json& m) { return m["label"] == label; });
  };
  BOOST_TEST(named("round 0") == 1);
  BOOST_TEST(named("round 4") == 1);
  BOOST_TEST(named("end") == 1);
}

BOOST_AUTO_TEST_CASE(other_runs_have_no_rounds) {
  BOOST_TEST(json::parse(to_json(example_run(10), 2000))["rounds"].is_null());
}

BOOST_AUTO_TEST_CASE(rounds_that_contradict_the_run_are_refused) {
  const RunData good = read_back(example_pursuit(6));
  const auto refused = [&](const char* words, auto change) {
    RunData run = good;
    change(run);
    BOOST_CHECK_EXCEPTION(check(run), InputError, [&](const InputError& error) {
      return std::string(error.what()).find(words) != std::string::npos;
    });
  };
  refused("round_points has 5 rows, expected 6", [](RunData& run) { run.round_points.pop_back(); });
  refused("round_points[1] has 2 weights", [](RunData& run) { run.round_points[1].weights = {1, 2}; });
  refused("rounds[3] counts the neurons of 2 layers, expected 3",
          [](RunData& run) { run.rounds[3].neurons.pop_back(); });
  refused("rounds[0] begins with row 360 of time, of 360",
          [](RunData& run) { run.rounds[0].first_time = 360; });
}

BOOST_AUTO_TEST_SUITE_END()
