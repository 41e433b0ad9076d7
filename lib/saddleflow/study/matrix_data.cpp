#include "saddleflow/study/matrix_data.hpp"

#include <fmt/format.h>

#include <cmath>

#include "saddleflow/problem/in_context_regression.hpp"
#include "saddleflow/problem/matrix_sensing.hpp"

namespace saddleflow {

namespace {

std::uint64_t seed_of(const StudyTable& study) {
  return static_cast<std::uint64_t>(study.integer("data.seed"));
}

/// data.matrix.rows, by default the root of the number of inputs.
Index rows_of(const StudyTable& study, const Network& network) {
  const Index inputs = network.input_count();
  const Index rows = study.has("data.matrix.rows")
                         ? study.integer("data.matrix.rows")
                         : static_cast<Index>(std::lround(std::sqrt(static_cast<double>(inputs))));
  const bool fits = study.has("data.matrix.rows") ? inputs % rows == 0 : rows * rows == inputs;
  if (!fits)
    study.fail("data.matrix.rows",
               fmt::format("found {} inputs and {} rows, expected rows times columns inputs", inputs, rows));
  return rows;
}

Matrix unknown_matrix(const StudyTable& study, const Network& network) {
  if (study.has("data.matrix.given")) {
    Matrix given = study.matrix("data.matrix.given");
    if (given.size() != network.input_count())
      study.fail("data.matrix.given", fmt::format("found {} x {} numbers, expected as many as the {} inputs",
                                                  given.rows(), given.cols(), network.input_count()));
    return given;
  }
  if (!study.has("data.matrix.values"))
    study.fail("data.matrix.values",
               "not found, expected the singular values of the matrix (or data.matrix.given)");
  const Index rows = rows_of(study, network), columns = network.input_count() / rows;
  Random random(seed_of(study), RandomStream::targets);
  const std::vector<Real> values = study.reals("data.matrix.values");
  return study.boolean("data.matrix.symmetric") ? low_rank_symmetric_matrix(rows, values, random)
                                                : low_rank_matrix(rows, columns, values, random);
}

ProblemData sensing(const StudyTable& study, const Network& network) {
  const Matrix x = unknown_matrix(study, network);
  SensingOptions options;
  options.measurement =
      study.boolean("data.matrix.symmetric") ? Measurement::symmetric : Measurement::gaussian;
  options.samples = study.integer("data.samples");
  options.seed = seed_of(study);
  options.noise = study.real("data.noise");
  ProblemData data{matrix_sensing(x, options), std::nullopt};
  if (study.integer("data.test_samples") > 0) {
    options.samples = study.integer("data.test_samples");
    options.noise = 0;
    data.test = matrix_sensing(x, options, RandomStream::test);
  }
  return data;
}

ProblemData completion(const StudyTable& study, const Network& network) {
  if (study.integer("data.test_samples") > 0)
    study.fail("data.test_samples",
               "found with data.inputs = \"completion\", which has no further entries to draw");
  const Matrix x = unknown_matrix(study, network);
  Random random(seed_of(study));
  return {matrix_completion(x, draw_entries(x.rows(), x.cols(), study.integer("data.samples"), random)),
          std::nullopt};
}

InContextOptions in_context_options(const StudyTable& study, const Network& network) {
  InContextOptions options;
  options.context = study.integer("data.in_context.context");
  if (study.has("data.in_context.covariance"))
    options.covariance = study.matrix("data.in_context.covariance");
  else {
    const std::vector<Real> values = study.reals("data.in_context.eigenvalues");
    options.covariance =
        Eigen::Map<const Vector>(values.data(), static_cast<Index>(values.size())).asDiagonal();
  }
  if (options.covariance.size() != network.input_count())
    study.fail("data.in_context",
               fmt::format("found a covariance of {} tokens, expected {} inputs of the network, found {}",
                           options.covariance.rows(), options.covariance.size(), network.input_count()));
  return options;
}

ProblemData in_context(const StudyTable& study, const Network& network) {
  const InContextOptions options = in_context_options(study, network);
  ProblemData data{in_context_regression(options, study.integer("data.samples"), seed_of(study)),
                   std::nullopt};
  if (study.integer("data.test_samples") > 0)
    data.test = in_context_regression(options, study.integer("data.test_samples"), seed_of(study),
                                      RandomStream::test);
  return data;
}

ProblemData population(const StudyTable& study, const Network& network) {
  if (study.integer("data.test_samples") > 0)
    study.fail("data.test_samples",
               "found with data.inputs = \"in_context_population\", which has all samples");
  return {in_context_population(in_context_options(study, network)), std::nullopt};
}

struct MatrixProblem {
  const char* name;
  ProblemData (*build)(const StudyTable&, const Network&);
};
constexpr MatrixProblem kMatrixProblems[] = {{"sensing", &sensing},
                                             {"completion", &completion},
                                             {"in_context", &in_context},
                                             {"in_context_population", &population}};

}  // namespace

std::vector<std::string> matrix_problem_names() {
  std::vector<std::string> names;
  for (const MatrixProblem& problem : kMatrixProblems) names.emplace_back(problem.name);
  return names;
}

bool is_matrix_problem(const StudyTable& study) {
  for (const MatrixProblem& problem : kMatrixProblems)
    if (study.text("data.inputs") == problem.name) return true;
  return false;
}

ProblemData build_matrix_data(const StudyTable& study, const Network& network) {
  if (network.output_count() != 1)
    study.fail("network.layers", fmt::format("found {} outputs, expected one with data.inputs = \"{}\"",
                                             network.output_count(), study.text("data.inputs")));
  if (study.text("data.targets") != "teacher")
    study.fail("data.targets",
               fmt::format("found \"{}\" with data.inputs = \"{}\", which has targets of its own",
                           study.text("data.targets"), study.text("data.inputs")));
  for (const MatrixProblem& problem : kMatrixProblems)
    if (study.text("data.inputs") == problem.name) return problem.build(study, network);
  study.fail("data.inputs", "found " + study.text("data.inputs") + ", which is no problem of matrices");
}

}  // namespace saddleflow
