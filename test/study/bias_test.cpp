// network.bias = "first": one input more, which file, flow and stored problem know.
#include <boost/test/unit_test.hpp>

#include "saddleflow/base/error.hpp"
#include "saddleflow/problem/objective.hpp"
#include "saddleflow/study/build.hpp"

namespace saddleflow {

BOOST_AUTO_TEST_SUITE(bias_test)

namespace {

StudyTable study_of(const std::string& kind, const std::string& layers, const std::string& more = "") {
  return StudyTable::parse("[network]\nkind = \"" + kind + "\"\nlayers = " + layers + "\nbias = \"first\"\n" +
                               more + "[data]\nsamples = 5\ntest_samples = 3\n",
                           "bias.toml");
}

}  // namespace

BOOST_AUTO_TEST_CASE(the_last_input_is_one_for_every_sample) {
  const StudyTable study = study_of("feed_forward", "[2, 4, 1]");
  const auto network = build_network(study);
  BOOST_TEST(network->input_count() == 3);
  const ProblemData data = build_data(study, *network);
  BOOST_REQUIRE(data.test.has_value());
  for (const Dataset* set : {&data.training, &*data.test}) {
    BOOST_TEST(set->bias);
    BOOST_TEST(set->inputs.rows() == 3);
    BOOST_TEST(set->inputs.row(2).isOnes(0));
  }
}

// The data are those of the same study without a bias: the teacher does not see it.
BOOST_AUTO_TEST_CASE(the_data_are_those_without_it) {
  const StudyTable with = study_of("feed_forward", "[2, 4, 1]");
  const StudyTable without =
      StudyTable::parse("[network]\nlayers = [2, 4, 1]\n[data]\nsamples = 5\n", "none.toml");
  const Dataset a = build_dataset(with, *build_network(with)),
                b = build_dataset(without, *build_network(without));
  BOOST_TEST(!b.bias);
  BOOST_TEST((a.inputs.topRows(2).array() == b.inputs.array()).all());
  BOOST_TEST((a.targets.array() == b.targets.array()).all());
}

BOOST_AUTO_TEST_CASE(neurons_shift_by_it) {
  const StudyTable study = study_of("power_sum", "[1, 1]", "slope = 0.0\npower = 2\n");
  const auto network = build_network(study);
  Objective objective(network, build_dataset(study, *network), Loss());
  Vector w(2);
  w << Real(2), Real(-0.5);
  const Matrix& x = objective.data().inputs;
  const Matrix& h = objective.outputs(w);
  for (Index i = 0; i < x.cols(); ++i) {
    const Real z = std::max(2 * x(0, i) - Real(0.5), Real(0));
    BOOST_TEST(std::abs(h(0, i) - z * z) <= Real(1e-15));
  }
}

BOOST_AUTO_TEST_CASE(families_without_a_place_for_it_refuse) {
  const auto says = [](const InputError& e) {
    const std::string what = e.what();
    return what.find("network.bias") != std::string::npos && what.find("bilinear") != std::string::npos;
  };
  BOOST_CHECK_EXCEPTION(build_network(study_of("bilinear", "[2, 2, 1]")), InputError, says);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace saddleflow
