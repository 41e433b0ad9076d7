#include "saddleflow/report/json.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include <boost/test/unit_test.hpp>
#include <nlohmann/json.hpp>

#include "example_run.hpp"
#include "saddleflow/base/error.hpp"

BOOST_AUTO_TEST_SUITE(json_test)

using nlohmann::json;
using namespace saddleflow::report;

BOOST_AUTO_TEST_CASE(numbers_come_back) {
  const RunData run = example_run(10);
  const json page = json::parse(to_json(run, 1'000'000));
  const json& loss = page["plots"]["loss"];
  BOOST_TEST(loss["time"].size() == run.time.size());
  for (std::size_t i = 0; i < run.time.size(); ++i) {
    BOOST_TEST(std::abs(loss["time"][i].get<double>() - run.time[i]) <= 1e-11 * run.time[i]);
    BOOST_TEST(std::abs(loss["curves"][0]["values"][i].get<double>() - run.loss[i]) <= 1e-5 * run.loss[i]);
    BOOST_TEST(loss["step"][i].get<double>() == run.step[i]);
  }
  BOOST_TEST(page["title"] == run.title);
  BOOST_TEST(page["study"] == run.study);
  BOOST_TEST(page["events"].size() == run.events.size());
  BOOST_TEST(page["events"][0]["kind"] == run.events[0].kind);
  BOOST_TEST(page["saddles"][1]["eigenvalues"].size() == run.saddles[1].eigenvalues.size());
  BOOST_TEST(page["saddles"][1]["negative"] == run.saddles[1].index_negative);
  BOOST_TEST(page["counters"][0][1] == "9906");
  BOOST_TEST(page["plots"]["neurons"]["curves"].size() == 20u);
}

BOOST_AUTO_TEST_CASE(unknown_numbers_are_null) {
  RunData run = example_run(2);
  run.loss[3] = std::nan("");
  run.loss[4] = std::numeric_limits<double>::infinity();
  run.events[0].lambda_min = std::nan("");
  run.saddles[0].leave_time = std::nan("");
  const json page = json::parse(to_json(run, 1'000'000));
  BOOST_TEST(page["plots"]["loss"]["curves"][0]["values"][3].is_null());
  BOOST_TEST(page["plots"]["loss"]["curves"][0]["values"][4].is_null());
  BOOST_TEST(page["events"][0]["lambda_min"].is_null());
  BOOST_TEST(page["saddles"][0]["leave"]["time"].is_null());
  BOOST_TEST(page["saddles"][0]["leave"]["step"].is_null());
}

BOOST_AUTO_TEST_CASE(margins_are_drawn_where_they_are_recorded) {
  RunData run = example_run(2);
  BOOST_TEST(json::parse(to_json(run, 100))["plots"]["margin"]["curves"].empty());
  run.normalised_margin.assign(run.time.size(), 0.25);
  run.margin_kkt_residual.assign(run.time.size(), 0.5);
  run.margin_kkt_residual[0] = std::nan("");
  const json curves = json::parse(to_json(run, 1'000'000))["plots"]["margin"]["curves"];
  BOOST_TEST_REQUIRE(curves.size() == 2u);
  BOOST_TEST(curves[0]["values"][1].get<double>() == 0.25);
  BOOST_TEST(curves[1]["values"][0].is_null());
  BOOST_TEST(curves[1]["values"][1].get<double>() == 0.5);
}

/// A second curve of the loss chart, where there is a test set.
BOOST_AUTO_TEST_CASE(the_test_loss_is_drawn_beside_the_loss) {
  RunData run = example_run(5);
  BOOST_TEST(json::parse(to_json(run, 100))["plots"]["loss"]["curves"].size() == 1u);
  run.test_loss.assign(run.time.size(), 0.125);
  const json curves = json::parse(to_json(run, 100))["plots"]["loss"]["curves"];
  BOOST_TEST_REQUIRE(curves.size() == 2u);
  BOOST_TEST(curves[1]["name"].get<std::string>() == "test loss (mean)");
  BOOST_TEST(curves[1]["values"][1].get<double>() == 0.125);
}

BOOST_AUTO_TEST_CASE(long_runs_are_thinned_and_events_keep_their_neighbours) {
  RunData run = example_run(2);
  const std::size_t rows = run.time.size();
  const json page = json::parse(to_json(run, 200));
  BOOST_TEST_MESSAGE(rows << " rows, page holds " << page["plots"]["loss"]["time"].size());
  const auto times = page["plots"]["loss"]["time"].get<std::vector<double>>();
  BOOST_TEST(times.size() <= 200 + 2 * run.events.size());
  for (const saddleflow::report::Event& event : run.events) {
    const auto after = std::lower_bound(run.time.begin(), run.time.end(), event.time);
    const auto kept = [&](double t) {
      return std::any_of(times.begin(), times.end(), [&](double x) { return std::abs(x - t) <= 1e-11 * t; });
    };
    BOOST_TEST(kept(*after));
    BOOST_TEST(kept(*(after - 1)));
  }
}

BOOST_AUTO_TEST_CASE(an_event_between_two_steps_has_a_broken_step_number) {
  RunData run = example_run(2);
  run.events = {run.events[0]};
  run.events[0].time = 0.25 * run.time[10] + 0.75 * run.time[11];
  const json page = json::parse(to_json(run));
  BOOST_TEST(page["events"][0]["step"].get<double>() == 10.75, boost::test_tools::tolerance(1e-9));
}

BOOST_AUTO_TEST_CASE(columns_not_recorded_leave_no_curve) {
  RunData run = example_run(2);
  run.proximity.clear();
  run.neuron_norm.clear();
  run.snapshots.clear();
  run.saddles.clear();
  run.step.clear();
  const json page = json::parse(to_json(run));
  BOOST_TEST(page["plots"]["approach"]["curves"].size() == 1u);
  BOOST_TEST(page["plots"]["neurons"]["curves"].empty());
  BOOST_TEST(page["directions"]["view"] == "none");
}

BOOST_AUTO_TEST_CASE(singular_values_are_drawn_where_they_are_recorded) {
  const json without = json::parse(to_json(example_run(10)));
  BOOST_TEST((!without["plots"].contains("singular") && !without["plots"].contains("width")));
  RunData run = example_run(10);
  add_example_measures(run);
  const json plots = json::parse(to_json(run, 1'000'000))["plots"];
  const json& curves = plots["singular"]["curves"];
  BOOST_REQUIRE(curves.size() == 9u);
  BOOST_TEST(curves[1]["name"] == "product \u03c32");
  BOOST_TEST(curves[1]["layer"] == -1);
  BOOST_TEST(curves[8]["name"] == "layer 2 \u03c33");
  BOOST_TEST(curves[8]["layer"] == 1);
  BOOST_REQUIRE(plots["singular"]["time"].size() == run.measures.time.size());
  for (std::size_t i = 0; i < run.measures.time.size(); i += 7) {
    const double value = run.measures.singular_values[5][i];
    BOOST_TEST(curves[8]["values"][i].get<double>() == value, boost::test_tools::tolerance(1e-5));
    BOOST_TEST(plots["width"]["curves"][0]["values"][i] == run.measures.effective_width[0][i]);
    BOOST_TEST(plots["distance"]["curves"][1]["values"][i].get<double>() == run.measures.distance[1][i],
               boost::test_tools::tolerance(1e-5));
  }
  BOOST_TEST(plots["distance"]["curves"][2]["name"] == "d2");
  BOOST_TEST(json::parse(to_json(run))["manifold_kind"] == "rank");
  run.measures.manifold_width.pop_back();
  BOOST_CHECK_EXCEPTION(to_json(run), saddleflow::InputError, [](const saddleflow::InputError& error) {
    return std::string(error.what()).find("manifold_distance has 3 columns, expected 2") != std::string::npos;
  });
  run.measures.manifold_width.push_back(2);
  run.measures.product[1].pop_back();
  BOOST_CHECK_EXCEPTION(to_json(run), saddleflow::InputError, [](const saddleflow::InputError& error) {
    return std::string(error.what()).find("product_singular_values[1] has") != std::string::npos;
  });
}

BOOST_AUTO_TEST_CASE(kkt_points_are_listed_and_plotted) {
  BOOST_TEST(json::parse(to_json(example_run(2)))["kkt"].is_null());
  RunData run = example_run(2, 24);
  add_example_kkt(run);
  const json page = json::parse(to_json(run, 1'000'000));
  const json& points = page["kkt"]["points"];
  BOOST_REQUIRE(points.size() == 4u);
  BOOST_TEST(points[1]["status"] == "degenerate");
  BOOST_TEST(points[3]["status"] == "null");
  BOOST_TEST(points[3]["basin_share"].is_null());
  BOOST_TEST(points[2]["passes"] == false);
  BOOST_TEST(points[0]["rows"].size() == 24u);
  BOOST_TEST(points[2]["rows"].size() == 8u);
  const json& plots = page["plots"];
  BOOST_REQUIRE(plots["alignment"]["curves"].size() == 2u);
  for (std::size_t i = 0; i < run.alignment.time.size(); i += 7) {
    const double expected = 1 - run.alignment.cosine[i];
    BOOST_TEST(std::abs(plots["alignment"]["curves"][0]["values"][i].get<double>() - expected) <=
               1e-5 * expected);
  }
  BOOST_TEST(plots["neuron_alignment"]["curves"].size() == 23u);  // the partner of one is dead
  // The neurons and the directions of the point, which are the neurons' last ones.
  const json& angles = plots["angles"]["curves"];
  std::size_t met = 0;
  for (std::size_t k = 0; k < 24; ++k)
    for (std::size_t j = 24; j < angles.size(); ++j)
      if (std::abs(angles[k]["values"].back().get<double>() - angles[j]["values"][0].get<double>()) < 0.5) {
        ++met;
        break;
      }
  BOOST_TEST(met == 24u);
}

BOOST_AUTO_TEST_CASE(directions_over_time_are_those_of_the_path) {
  const RunData run = example_run(2, 24);
  const json page = json::parse(to_json(run));
  const json &plot = page["plots"]["angles"], &directions = page["directions"];
  BOOST_REQUIRE(plot["curves"].size() == 24u);
  BOOST_REQUIRE(plot["time"].size() == directions["path"].size());
  for (std::size_t k = 0; k < 24; ++k) {
    const json& curve = plot["curves"][k];
    BOOST_TEST(curve["name"] == "neuron 1." + std::to_string(directions["neurons"][k].get<int>() + 1));
    for (std::size_t i = 0; i < plot["time"].size(); i += 9) {
      const auto row = directions["path"][i]["rows"][k].get<std::vector<double>>();
      const double degrees = std::atan2(row[1], row[0]) * 57.29577951308232;
      const double turn = std::remainder(curve["values"][i].get<double>() - degrees, 360.0);
      BOOST_TEST(std::abs(turn) < 0.1);
      BOOST_TEST(curve["weights"][i].get<double>() == std::hypot(row[0], row[1]),
                 boost::test_tools::tolerance(1e-3));
    }
  }
  BOOST_TEST(json::parse(to_json(example_run(10)))["plots"]["angles"]["curves"].empty());
}

BOOST_AUTO_TEST_CASE(mode_changes_are_listed) {
  BOOST_TEST(json::parse(to_json(example_run(2)))["modes"].is_null());
  RunData run = example_run(2, 24);
  add_example_modes(run);
  const json page = json::parse(to_json(run));
  const json& modes = page["modes"];
  BOOST_TEST(modes["total"] == run.mode_changes.size());
  BOOST_TEST(modes["samples"] == 8);
  BOOST_TEST(!modes.contains("patch"));
  BOOST_TEST(!modes.contains("patches"));
  BOOST_TEST(modes["neurons"].size() == 24u);
  BOOST_REQUIRE(modes["time"].size() == run.mode_changes.size());
  std::vector<int> counts(4);
  for (std::size_t k = 0; k < run.mode_changes.size(); ++k) {
    const auto& change = run.mode_changes[k];
    BOOST_TEST(modes["time"][k].get<double>() == change.time, boost::test_tools::tolerance(1e-11));
    BOOST_TEST(modes["neuron"][k] == change.neuron);
    BOOST_TEST(modes["sample"][k] == change.sample);
    BOOST_TEST(modes["kind"][k] == static_cast<int>(change.kind));
    BOOST_TEST(modes["side"][k] == change.side);
    ++counts[static_cast<std::size_t>(change.kind)];
  }
  const std::vector<std::string> names{"cross", "enter", "release", "branch"};
  for (std::size_t kind = 0; kind < 4; ++kind)
    BOOST_TEST((modes["kinds"][kind][0] == names[kind] && modes["kinds"][kind][1] == counts[kind]));
  BOOST_TEST(page["plots"]["modes"]["curves"].size() == 2u);
  run.mode_changes.clear();
  BOOST_TEST(json::parse(to_json(run))["modes"]["time"].empty());
}

BOOST_AUTO_TEST_CASE(a_chattering_neuron_does_not_crowd_out_the_others) {
  RunData run = example_run(2, 24);
  run.has_mode_changes = true;
  for (int k = 0; k < 200'000; ++k) {
    const double t = run.time.back() * k / 200'000;
    if (k % 20'000 == 0) run.mode_changes.push_back({t, 0, 5 + k / 20'000, 1});
    run.mode_changes.push_back({t, 0, 3, k % 7, static_cast<saddleflow::ModeChangeKind>(k % 3), 0});
  }
  const std::string text = to_json(run);
  const json modes = json::parse(text)["modes"];
  const auto neurons = modes["neuron"].get<std::vector<int>>();
  BOOST_TEST(modes["total"] == 200'010);
  BOOST_TEST(neurons.size() <= 8000u);
  BOOST_TEST(neurons.size() > 4000u);
  BOOST_TEST(neurons.size() - static_cast<std::size_t>(std::count(neurons.begin(), neurons.end(), 3)) == 10u);
  BOOST_TEST(text.size() < 1'500'000u);
  const auto times = modes["time"].get<std::vector<double>>();
  double gap = 0;
  for (std::size_t k = 1; k < times.size(); ++k) gap = std::max(gap, times[k] - times[k - 1]);
  BOOST_TEST(gap < run.time.back() / 500);
}

BOOST_AUTO_TEST_CASE(patches_of_mode_changes_are_listed) {
  RunData run = example_run(2, 24);
  add_example_modes(run);
  run.has_patches = true;
  for (std::size_t k = 0; k < run.mode_changes.size(); ++k)
    run.mode_changes[k].patch = static_cast<std::int64_t>(k % 3);
  const json page = json::parse(to_json(run));
  const json& modes = page["modes"];
  BOOST_TEST(modes["patches"] == 3);
  BOOST_REQUIRE(modes["patch"].size() == run.mode_changes.size());
  for (std::size_t k = 0; k < run.mode_changes.size(); ++k) BOOST_TEST(modes["patch"][k] == k % 3);
}

BOOST_AUTO_TEST_CASE(bad_mode_changes_are_named) {
  const auto refused = [](const char* name, auto change) {
    RunData run = example_run(2, 24);
    add_example_modes(run);
    change(run);
    BOOST_CHECK_EXCEPTION(to_json(run), saddleflow::InputError, [&](const saddleflow::InputError& e) {
      return std::string(e.what()).find(name) != std::string::npos;
    });
  };
  refused("mode_changes[2] names neuron 24", [](RunData& run) { run.mode_changes[2].neuron = 24; });
  refused("mode_changes[4].time", [](RunData& run) { run.mode_changes[4].time = -1; });
  refused("sliding_count", [](RunData& run) { run.sliding_count.pop_back(); });
}

BOOST_AUTO_TEST_CASE(bad_kkt_tables_are_named) {
  RunData run = example_run(2);
  add_example_kkt(run);
  run.alignment.residual.pop_back();
  BOOST_CHECK_EXCEPTION(to_json(run), saddleflow::InputError, [](const saddleflow::InputError& e) {
    return std::string(e.what()).find("snapshot_kkt_residual") != std::string::npos;
  });
}

BOOST_AUTO_TEST_CASE(critical_points_are_named_and_pictured) {
  BOOST_TEST(json::parse(to_json(example_run(2)))["catalogue"].is_null());
  RunData run = example_run(10);
  add_example_saddles(run);
  const json page = json::parse(to_json(run));
  const json& catalogue = page["catalogue"];
  std::vector<std::string> names;
  for (const json& point : catalogue["points"]) names.push_back(point["name"]);
  BOOST_TEST((names == std::vector<std::string>{"origin", "S1", "S2", "min", "S3"}));
  BOOST_TEST(catalogue["transitions"][0]["trajectories"] == 17);
  BOOST_TEST(catalogue["escapes"][1]["neuron"] == "1.2");
  BOOST_TEST(catalogue["escapes"][0]["neuron"].is_null());
  BOOST_TEST(page["saddles"][0]["point"] == 1);
  BOOST_TEST(page["saddles"][1]["pattern_preserved"] == 1);
  const json& pictures = catalogue["pictures"];
  BOOST_REQUIRE(pictures["groups"].size() == 4u);  // two visits, and two points without
  BOOST_TEST(pictures["layers"][0]["rows"] == pictures["layers"][1]["columns"]);
  const json& at = pictures["groups"][0]["pictures"][1];
  BOOST_TEST(at["label"] == "at the point");
  BOOST_TEST(at["layers"][0].size() == 20u);
  BOOST_TEST(at["layers"][1][0].size() == 1u);  // on its side
  // The absolute weights of the neuron in the first row, and those that become active come first.
  const auto neuron = pictures["layers"][0]["rows"][0].get<std::size_t>();
  const std::vector<double>& point = run.saddle_record.catalogue[1].point;
  for (std::size_t j = 0; j < 10; ++j)
    BOOST_TEST(std::abs(at["layers"][0][0][j].get<double>() - std::abs(point[20 * j + neuron])) < 1e-3);
  for (std::size_t i = 0; i < 20; ++i) BOOST_TEST((at["layers"][1][i][0] != 0) == (i < 7));
}

BOOST_AUTO_TEST_CASE(bad_records_of_critical_points_are_named) {
  const auto refused = [](const char* name, auto change) {
    RunData run = example_run(10);
    add_example_saddles(run);
    change(run.saddle_record);
    BOOST_CHECK_EXCEPTION(to_json(run), saddleflow::InputError, [&](const saddleflow::InputError& e) {
      return std::string(e.what()).find(name) != std::string::npos;
    });
  };
  refused("1 visits", [](auto& record) { record.visits.pop_back(); });
  refused("catalogue[1].point", [](auto& record) { record.catalogue[1].point.pop_back(); });
  refused("transitions names critical point 7", [](auto& record) { record.transitions[0].to = 7; });
  refused("escapes names critical point -2", [](auto& record) { record.escapes[0].to_plus = -2; });
}

BOOST_AUTO_TEST_CASE(text_of_another_encoding_is_replaced) {
  RunData run = example_run(2);
  run.study = "title = \"caf\xe9\"";
  BOOST_TEST(json::parse(to_json(run))["study"] == "title = \"caf\xef\xbf\xbd\"");
}

BOOST_AUTO_TEST_CASE(disagreeing_columns_are_named) {
  const auto names = [](const char* name) {
    return [name](const saddleflow::InputError& e) {
      return std::string(e.what()).find(name) != std::string::npos;
    };
  };
  RunData run = example_run(2);
  run.neuron_norm[3].pop_back();
  BOOST_CHECK_EXCEPTION(to_json(run), saddleflow::InputError, names("neuron_norm[3]"));
  run = example_run(2);
  run.time[5] = run.time[3];
  BOOST_CHECK_EXCEPTION(to_json(run), saddleflow::InputError, names("time[5]"));
  run = example_run(2);
  run.snapshots[1].weights.pop_back();
  BOOST_CHECK_EXCEPTION(to_json(run), saddleflow::InputError, names("snapshots[1]"));
  BOOST_CHECK_EXCEPTION(to_json(RunData{}), saddleflow::InputError, names("no rows"));
}

BOOST_AUTO_TEST_SUITE_END()
