#include "saddleflow/study/study_table.hpp"

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include "saddleflow/base/error.hpp"
#include "saddleflow/study/keys.hpp"

namespace saddleflow {

BOOST_AUTO_TEST_SUITE(study_table_test)

BOOST_AUTO_TEST_CASE(defaults_are_filled_in_and_values_read) {
  const StudyTable s = StudyTable::parse("[network]\nlayers = [3, 4, 1]\n[flow]\nrtol = 1e-6\n", "s.toml");
  BOOST_TEST(s.text("network.kind") == "feed_forward");
  BOOST_TEST((s.integers("network.layers") == std::vector<Index>{3, 4, 1}));
  BOOST_TEST(s.real("flow.rtol") == Real(1e-6));
  BOOST_TEST(s.real("flow.t_end") == Real(100));
  BOOST_TEST(s.boolean("events.saddle.enabled"));
  BOOST_TEST(!s.has("data.file"));
  BOOST_TEST((s.snapshots("output.weights").thinned && !s.snapshots("output.weights").all));
}

BOOST_AUTO_TEST_CASE(the_filled_study_reads_back_to_itself) {
  const StudyTable s = StudyTable::parse(
      "[network]\nlayers = [3, 4, 1]\n[[events.level]]\nquantity = \"loss\"\nvalue = 1\n[output]\nweights = "
      "{every = 5}\n",
      "s.toml", {"flow.t_end=7", "data.seed=3"});
  const StudyTable again = StudyTable::parse(s.filled(), "again.toml");
  BOOST_TEST(again.filled() == s.filled());
  BOOST_TEST(again.real("flow.t_end") == Real(7));
  BOOST_TEST(again.text("events.level[0].direction") == "either");
  BOOST_TEST(again.snapshots("output.weights").every == 5);
}

BOOST_AUTO_TEST_CASE(overrides_make_tables_and_take_bare_words) {
  const StudyTable s = StudyTable::parse(
      "", "s.toml", {"network.layers=[2, 1]", "loss.kind=logistic", "output.weights={times=[3,1]}"});
  BOOST_TEST(s.text("loss.kind") == "logistic");
  BOOST_TEST((s.snapshots("output.weights").times == std::vector<Real>{1, 3}));
}

namespace {

struct Bad {
  std::string toml;
  std::vector<std::string> overrides;
  std::string message;
};

std::ostream& operator<<(std::ostream& out, const Bad& bad) { return out << bad.message; }

const std::vector<Bad> kBad{
    {"[flow]\nrtoll = 1", {}, "s.toml:2: flow.rtoll: unknown key, the nearest known one is flow.rtol"},
    {"[flow]\nrtol = \"x\"", {}, "s.toml:2: flow.rtol: found 'x', expected a number"},
    {"[flow]\nrtol = 1.0", {}, "s.toml:2: flow.rtol: found 1.0, expected 1e-17..0.1"},
    {"[flow]\nt_end = nan", {}, "s.toml:2: flow.t_end: found nan, expected a finite number"},
    {"[loss]\nkind = \"hinge\"",
     {},
     "s.toml:2: loss.kind: found \"hinge\", expected one of square, logistic, softmax, exponential"},
    {"[network]\nlayers = [3, 0]", {}, "s.toml:2: network.layers: found 0, expected >= 1"},
    {"[network]\nlayers = 3", {}, "s.toml:2: network.layers: found 3, expected a list of integers"},
    {"[data.linear]\nmatrix = [[1, 2], [3]]",
     {},
     "s.toml:2: data.linear.matrix: found a list, expected a list of equally "
     "long lists of numbers"},
    {"flow = 3", {}, "s.toml:1: flow: found 3, expected a table [flow]"},
    {"[events]\nlevel = 3",
     {},
     "s.toml:2: events.level: found 3, expected a list of tables [[events.level]]"},
    {"[output]\nweights = {evry = 2}",
     {},
     "s.toml:2: output.weights: found a table, expected \"all\", \"events\", {every "
     "= k} or {times = [...]}"},
    {"[flow\n", {}, "s.toml:1: not TOML"},
    {"", {"flow.rtol"}, "--set flow.rtol: expected section.key=value"},
    {"", {"flow.rtl=1"}, "--set: flow.rtl: unknown key, the nearest known one is flow.rtol"},
    {"flow = 3", {"flow.rtol=1"}, "s.toml: flow: found a value, expected a table"},
};

}  // namespace

BOOST_DATA_TEST_CASE(bad_studies_are_refused_with_file_line_and_key, boost::unit_test::data::make(kBad),
                     bad) {
  BOOST_CHECK_EXCEPTION(StudyTable::parse(bad.toml, "s.toml", bad.overrides), InputError,
                        [&](const InputError& error) {
                          BOOST_TEST_MESSAGE(error.what());
                          return std::string(error.what()).starts_with(bad.message) && error.exit_code() == 2;
                        });
}

BOOST_AUTO_TEST_CASE(a_missing_key_and_a_missing_file_are_named) {
  const StudyTable s = StudyTable::parse("", "s.toml");
  BOOST_CHECK_EXCEPTION(s.integers("network.layers"), InputError, [](const InputError& error) {
    return std::string(error.what()) == "s.toml: network.layers: missing";
  });
  BOOST_CHECK_THROW(StudyTable::read("no-such-study.toml"), IoError);
}

BOOST_AUTO_TEST_CASE(files_are_found_beside_the_study) {
  const StudyTable s = StudyTable::parse("", "some/where/s.toml");
  BOOST_TEST(s.resolve("data.csv") == "some/where/data.csv");
  BOOST_TEST(s.resolve("/data.csv") == "/data.csv");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace saddleflow
