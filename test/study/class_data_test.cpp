// Studies of classes: losses by name, labels, what standardisation leaves alone, the score on a test set.
#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <filesystem>
#include <fstream>

#include "problem/expect_error.hpp"
#include "saddleflow/base/error.hpp"
#include "saddleflow/problem/loss_registry.hpp"
#include "saddleflow/problem/objective.hpp"
#include "saddleflow/problem/test_score.hpp"
#include "saddleflow/study/build.hpp"
#include "saddleflow/study/keys.hpp"

BOOST_AUTO_TEST_SUITE(class_data_test)

using namespace saddleflow;

namespace {

StudyTable class_study(const std::string& data, const std::string& loss, int outputs) {
  return StudyTable::parse("[network]\nlayers = [2, 3, " + std::to_string(outputs) + "]\n[data]\n" + data +
                               "\n[loss]\nkind = \"" + loss + "\"\n",
                           "s.toml");
}

Matrix built_targets(const StudyTable& study) {
  const auto network = build_network(study);
  const Dataset data = build_dataset(study, *network);
  Objective(network, data, build_loss(study));  // takes them
  return data.targets;
}

std::string given_labels(const std::string& labels) {
  return "inputs = \"given\"\ntargets = \"given\"\n[data.given]\ninputs = [[1, 0], [0, 1], [1, 1]]\ntargets "
         "= " +
         labels;
}

struct CsvFile {
  CsvFile() {
    path =
        std::filesystem::temp_directory_path() / ("saddleflow-classes-" + std::to_string(getpid()) + ".csv");
    std::ofstream(path) << "x1,x2,y1\n1,2,0\n3,-1,2\n0,5,1\n2,2,2\n7,1,0\n";
  }
  ~CsvFile() { std::filesystem::remove(path); }
  std::filesystem::path path;
};

}  // namespace

BOOST_AUTO_TEST_CASE(the_key_lists_the_registered_losses) {
  const Key* key = find_key("loss.kind");
  BOOST_TEST_REQUIRE(key != nullptr);
  const std::vector<std::string> first(key->choices.begin(), key->choices.begin() + 4);
  BOOST_TEST((first == std::vector<std::string>{"square", "logistic", "softmax", "exponential"}));
  for (const std::string& name : key->choices) BOOST_TEST(key->doc.find(name) != std::string::npos);
  for (const std::string& name : first) BOOST_TEST(build_loss(class_study("", name, 2)).name() == name);
}

BOOST_AUTO_TEST_CASE(labels_of_a_study) {
  const Matrix expected{{1, 0, 0}, {0, 0, 1}, {0, 1, 0}};
  for (const char* labels : {"[[0], [2], [1]]", "[[1], [3], [2]]", "[[1, 0, 0], [0, 0, 1], [0, 1, 0]]"})
    BOOST_TEST((built_targets(class_study(given_labels(labels), "softmax", 3)) == expected));
  test::expect_error<InputError>(
      [] { built_targets(class_study(given_labels("[[0], [3], [1]]"), "softmax", 3)); },
      "s.toml: targets: found 3 for sample 1, output 0; the softmax loss expects class labels 0 ... 2 of 3 "
      "outputs, or one-hot columns");
  BOOST_CHECK_THROW(built_targets(class_study(given_labels("[[0], [3], [1]]"), "square", 3)), InputError);
  BOOST_CHECK_THROW(built_targets(class_study(given_labels("[[0], [1], [1]]"), "softmax", 1)), InputError);
  BOOST_CHECK_THROW(built_targets(class_study(given_labels("[[0], [1], [1]]"), "exponential", 1)),
                    InputError);
  BOOST_TEST(
      (built_targets(class_study(given_labels("[[-1], [1], [1]]"), "exponential", 1)) == Matrix{{-1, 1, 1}}));
}

BOOST_AUTO_TEST_CASE(labels_of_a_file_are_not_standardised) {
  const CsvFile file;
  const StudyTable study =
      class_study("file = \"" + file.path.string() + "\"\nstandardise = true", "softmax", 3);
  BOOST_TEST((built_targets(study) == Matrix{{1, 0, 0, 0, 1}, {0, 0, 1, 0, 0}, {0, 1, 0, 1, 0}}));
  const Matrix inputs = build_dataset(study, *build_network(study)).inputs;
  BOOST_TEST(inputs.rowwise().sum().norm() <= Real(1e-14));
  BOOST_TEST(std::abs(inputs.squaredNorm() - 10) <= Real(1e-13));
}

/// Labels are read before the rows are divided: a class that only the test set has counts.
BOOST_AUTO_TEST_CASE(labels_of_a_divided_file) {
  const CsvFile file;
  for (int seed = 1; seed <= 5; ++seed) {
    const StudyTable study = class_study(
        "file = \"" + file.path.string() + "\"\ntest_fraction = 0.8\nseed = " + std::to_string(seed),
        "softmax", 3);
    const ProblemData data = build_data(study, *build_network(study));
    Matrix both(3, 5);
    both << data.training.targets, data.test->targets;
    BOOST_TEST((both.rowwise().sum() == Vector{{2, 1, 2}}));
  }
}

BOOST_AUTO_TEST_CASE(generated_classes) {
  const Matrix y = built_targets(class_study("targets = \"classes\"\nsamples = 40", "softmax", 3));
  BOOST_TEST((y.colwise().sum().array() == 1).all());
  const Matrix signs = built_targets(class_study("targets = \"classes\"\nsamples = 40", "logistic", 1));
  BOOST_TEST((signs.cwiseAbs().array() == 1).all());
}

BOOST_AUTO_TEST_CASE(the_score_is_the_share_of_wrong_answers) {
  const auto network = feed_forward({2, 3}, Activation());
  const Vector w{{1, 0, -1, 0, 1, -1}};  // outputs x1, x2, -x1-x2
  Dataset test;
  test.inputs = Matrix{{2, 0, -1, 3}, {1, 1, -1, 4}};
  test.targets = Matrix{{1, 1, 0, 1}, {0, 0, 0, 0}, {0, 0, 1, 0}};
  const TestScore score = test_score(network, w, test, Loss(softmax_loss()));
  BOOST_TEST(score.error == Real(0.5));
  BOOST_TEST(
      score.loss ==
      Loss(softmax_loss(), Reduction::mean).value(network->kernel(test.inputs)->forward(w), test.targets));
}

BOOST_AUTO_TEST_SUITE_END()
