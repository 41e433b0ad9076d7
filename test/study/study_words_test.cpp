// Words of studies and files: every table leads back, every choice of a key is one that is understood, and a
// stepper from outside the library can be named.
#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <string>
#include <vector>

#include "archive/temporary_folder.hpp"
#include "base/enum_round_trip.hpp"
#include "ode/stepper/own_stepper.hpp"
#include "saddleflow/archive/run_reader.hpp"
#include "saddleflow/correlation/ncf_flow.hpp"
#include "saddleflow/job/flow_run.hpp"
#include "saddleflow/ode/stepper/registry.hpp"
#include "saddleflow/problem/data_generators.hpp"
#include "saddleflow/pursuit/neuron_pursuit.hpp"
#include "saddleflow/record/run_description.hpp"
#include "saddleflow/report/directions.hpp"
#include "saddleflow/saddle/critical_point.hpp"
#include "saddleflow/skeleton/skeleton.hpp"
#include "saddleflow/study/flow_setup.hpp"
#include "saddleflow/study/initial_weights.hpp"
#include "saddleflow/study/keys.hpp"
#include "saddleflow/study/learning_method.hpp"
#include "validation/claim.hpp"

using namespace saddleflow;

BOOST_AUTO_TEST_SUITE(study_words_test)

namespace {

constexpr const char* kSmallStudy = R"(
[network]
layers = [2, 2, 1]
[data]
inputs = "circle"
samples = 4
[init]
scale = 0.5
[flow]
t_end = 2.0
rtol = 1e-6
chart = "cartesian"
)";

bool names_all(const std::string& message, const std::vector<std::string>& words) {
  return std::all_of(words.begin(), words.end(),
                     [&](const std::string& word) { return message.find(word) != std::string::npos; });
}

/// A word that is none is refused when the study is read, with all that are.
void check_refused(const std::string& key, const std::vector<std::string>& known, bool list) {
  const std::string value = list ? "[\"nonsense\"]" : "nonsense";
  BOOST_CHECK_EXCEPTION(StudyTable::parse(kSmallStudy, "study.toml", {key + "=" + value}), InputError,
                        [&](const InputError& error) {
                          const std::string message = error.what();
                          return message.find(key + ": found \"nonsense\", expected one of ") !=
                                     std::string::npos &&
                                 names_all(message, known);
                        });
}

/// All words of the enum are taken, in a study and by the program.
template <NamedEnum E>
void check_key(const std::string& key) {
  BOOST_TEST_CONTEXT(key) {
    BOOST_REQUIRE(find_key(key) != nullptr);
    // data.inputs has problems of matrices besides, behind the generators.
    const std::vector<std::string> words = names<E>(), choices = choices_of(*find_key(key));
    BOOST_REQUIRE(choices.size() >= words.size());
    BOOST_TEST(std::equal(words.begin(), words.end(), choices.begin()));
    BOOST_TEST((choices.size() == words.size() || key == "data.inputs"));
    const bool list = find_key(key)->type == KeyType::texts;
    for (const std::string& word : names<E>()) {
      const std::string value = list ? "[\"" + word + "\"]" : word;
      const StudyTable study = StudyTable::parse(kSmallStudy, "study.toml", {key + "=" + value});
      if (list)
        BOOST_TEST((study.choices<E>(key) == std::vector<E>{by_name<E>(word)}));
      else
        BOOST_TEST((study.choice<E>(key) == by_name<E>(word)));
    }
    check_refused(key, names<E>(), list);
  }
}

}  // namespace

BOOST_AUTO_TEST_CASE(every_table_above_the_base) {
  test::check_round_trip<Direction>();
  test::check_round_trip<EscapeBy>();
  test::check_round_trip<FlowAssemblyOptions::Charts>();
  test::check_round_trip<FlowAssemblyOptions::Kinks>();
  test::check_round_trip<InputKind>();
  test::check_round_trip<TargetKind>();
  test::check_round_trip<NcfEnd>();
  test::check_round_trip<RefineStatus>();
  test::check_round_trip<OneSidedResult::Method>();
  test::check_round_trip<Minimiser>();
  test::check_round_trip<Destination>();
  test::check_round_trip<PursuitOptions::LayerRule>();
  test::check_round_trip<PursuitOptions::NeuronRule>();
  test::check_round_trip<PursuitEnd>();
  test::check_round_trip<SkeletonEnd>();
  test::check_round_trip<EndFrom>();
  test::check_round_trip<InitKind>();
  test::check_round_trip<LearningMethod>();
  test::check_round_trip<StoredWeights>();
  test::check_round_trip<claims::Verdict>();
  test::check_round_trip<report::DirectionView>();
}

BOOST_AUTO_TEST_CASE(keys_take_the_words_of_the_tables) {
  check_key<InputKind>("data.inputs");
  check_key<TargetKind>("data.targets");
  check_key<InitKind>("init.kind");
  check_key<EndFrom>("flow.t_end_from");
  check_key<FlowAssemblyOptions::Charts>("flow.chart");
  check_key<FlowAssemblyOptions::Kinks>("flow.kinks");
  check_key<EscapeBy>("events.escape.by");
  check_key<PursuitOptions::LayerRule>("pursuit.layer_rule");
  check_key<PursuitOptions::NeuronRule>("pursuit.neurons");
  check_key<Minimiser>("pursuit.minimiser");
  check_key<Destination>("pursuit.destination");
  check_key<LearningMethod>("experiment.methods");
}

// As typed, beside the file and line that the table knows.
BOOST_AUTO_TEST_CASE(a_word_of_another_table_is_refused_by_the_program) {
  const StudyTable study = StudyTable::parse(kSmallStudy, "study.toml", {});
  BOOST_CHECK_EXCEPTION(study.choice<Minimiser>("flow.chart"), InputError, [](const InputError& error) {
    return std::string(error.what()) ==
           "study.toml:12: flow.chart: found \"cartesian\", expected one of flow, gradient_descent";
  });
}

BOOST_AUTO_TEST_CASE(a_stepper_of_ones_own_in_a_study_and_its_file) {
  test::register_own_stepper();
  check_refused("flow.stepper", stepper_names(), false);
  BOOST_TEST(describe_keys(1000).find("rkc2, bogacki_shampine") != std::string::npos);

  const archive::TemporaryFolder folder;
  FlowRunOptions options;
  options.output = folder.file("own.h5");
  const StudyTable study = StudyTable::parse(kSmallStudy, "study.toml", {"flow.stepper=bogacki_shampine"});
  BOOST_TEST(run_flow(study, options).stop_reason == "reached_end");
  const archive::RunReader run = archive::RunReader::open(options.output);
  const std::vector<std::string>& names = run.description().stepper_names;
  BOOST_TEST((names == step_method_names()));
  const std::vector<archive::TimeRow> rows = run.time_rows();
  BOOST_TEST(rows.size() > 10u);
  for (const archive::TimeRow& row : rows)
    BOOST_TEST_REQUIRE(names.at(static_cast<std::size_t>(row.stepper)) == "bogacki_shampine");
}

BOOST_AUTO_TEST_CASE(a_method_that_a_file_does_not_list_is_an_error) {
  const std::vector<std::string> names{"rodas5p", "dopri5"};
  BOOST_TEST(method_flag(names, "dopri5") == 1);
  BOOST_CHECK_EXCEPTION(method_flag(names, "dop853"), InputError, [](const InputError& error) {
    return names_all(error.what(), {"/stepper", "\"dop853\"", "rodas5p, dopri5"});
  });
}

BOOST_AUTO_TEST_SUITE_END()
