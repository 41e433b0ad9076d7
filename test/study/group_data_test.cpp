// data.inputs = "group": sets, refusals, and when stages are predicted.
#include "saddleflow/study/group_data.hpp"

#include <boost/test/unit_test.hpp>
#include <cmath>
#include <set>
#include <string>
#include <vector>

#include "saddleflow/base/error.hpp"

namespace saddleflow {

BOOST_AUTO_TEST_SUITE(group_data_test)

namespace {

std::vector<std::string> keys_of(const std::vector<std::string>& more) {
  std::vector<std::string> keys{"network.layers=[10,6,5]", "network.slope=-1", "data.inputs=group",
                                "data.group.orders=[5]"};
  keys.insert(keys.end(), more.begin(), more.end());
  return keys;
}

ProblemData data_of(const std::vector<std::string>& more) {
  const StudyTable study = StudyTable::parse("", "s.toml", keys_of(more));
  return build_data(study, *build_network(study));
}

std::vector<LearningStage> stages_of(const std::vector<std::string>& more) {
  const StudyTable study = StudyTable::parse("", "s.toml", keys_of(more));
  return predicted_stages(study, *build_network(study));
}

void refused(const std::vector<std::string>& more, const std::string& words) {
  BOOST_CHECK_EXCEPTION(data_of(more), InputError, [&](const InputError& error) {
    BOOST_TEST_MESSAGE(error.what());
    return std::string(error.what()).find(words) != std::string::npos;
  });
}

}  // namespace

BOOST_AUTO_TEST_CASE(encodings_are_centred) {
  const Dataset one_hot = data_of({}).training;
  BOOST_TEST(one_hot.origin == "generator group/one_hot");
  BOOST_TEST(std::abs(one_hot.inputs.colwise().sum().cwiseAbs().maxCoeff()) < Real(1e-15));
  const Dataset plain = data_of({"data.group.centre=false"}).training;
  BOOST_TEST(plain.targets.sum() == 25);
  BOOST_TEST(plain.inputs.maxCoeff() == 1);
}

BOOST_AUTO_TEST_CASE(a_fraction_of_the_table_is_the_training_set) {
  const ProblemData data = data_of({"data.group.train_fraction=0.6", "data.group.centre=false"});
  BOOST_TEST(data.training.inputs.cols() == 15);
  BOOST_TEST_REQUIRE(data.test.has_value());
  std::set<std::pair<Index, Index>> pairs;
  for (const Dataset* set : {&data.training, &*data.test})
    for (Index i = 0; i < set->inputs.cols(); ++i) {
      Index a = 0, b = 0, sum = 0;
      set->inputs.col(i).head(5).maxCoeff(&a);
      set->inputs.col(i).tail(5).maxCoeff(&b);
      set->targets.col(i).maxCoeff(&sum);
      BOOST_TEST(sum == (a + b) % 5);
      pairs.insert({a, b});
    }
  BOOST_TEST(pairs.size() == 25u);
  const Matrix other = data_of({"data.group.train_fraction=0.6", "data.seed=2"}).training.inputs;
  BOOST_TEST((other != data_of({"data.group.train_fraction=0.6"}).training.inputs));
  refused({"data.group.train_fraction=0.001"}, "data.group.train_fraction: found 0.001");
}

BOOST_AUTO_TEST_CASE(stages_are_predicted_where_the_theory_applies) {
  BOOST_TEST(stages_of({}).size() == 2u);
  // All frequencies of a one-hot encoding are alike: each has its share of |x|^2 = 1 - 1/5 of all 25 pairs.
  BOOST_TEST(std::abs(stages_of({})[0].loss - 10) < Real(1e-13));
  BOOST_TEST(std::abs(stages_of({})[1].loss - 5) < Real(1e-13));
  BOOST_TEST(std::abs(stages_of({"loss.reduction=mean"})[1].loss - Real(0.2)) < Real(1e-14));
  for (const char* key : {"data.group.centre=false", "data.group.train_fraction=0.6", "network.power=3",
                          "network.slope=0", "network.layers=[10,6,6,5]"})
    BOOST_TEST(stages_of({key}).empty());
  BOOST_TEST(stages_of({"data.group.pairs=added", "network.layers=[5,6,5]"}).empty());
}

BOOST_AUTO_TEST_CASE(keys_that_do_not_apply_are_refused) {
  refused({"data.group.encoding=template"}, "data.group.template: not found");
  refused({"data.group.template=[1,2,3,4,5]"}, "found with data.group.encoding = \"one_hot\"");
  refused({"data.group.encoding=template", "data.group.template=[1,2]"}, "found 2 numbers, expected 5");
  refused({"data.targets=signs"}, "which has targets of its own");
  refused({"data.noise=0.1"}, "data.noise");
  refused({"data.samples=25"}, "data.samples");
  refused({"data.samples=100"}, "data.samples");
  refused({"data.scale=2"}, "data.scale");
  refused({"data.test_samples=3"}, "expected data.group.train_fraction");
  refused({"data.group.orders=[7]"},
          "network.layers: found 10 inputs, but the data (generator group/one_hot) "
          "have 14");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace saddleflow
