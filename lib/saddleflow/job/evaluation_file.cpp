// What sf-evaluate has found, as a file.
#include <fmt/format.h>

#include <cmath>

#include "saddleflow/base/output_path.hpp"
#include "saddleflow/job/evaluation.hpp"

namespace saddleflow {

namespace {

std::vector<double> counted(Index size) {
  std::vector<double> values(static_cast<std::size_t>(size));
  for (std::size_t k = 0; k < values.size(); ++k) values[k] = static_cast<double>(k);
  return values;
}

/// Builds the table column by column.
class EvaluationTable {
 public:
  EvaluationTable(const KktProblem& problem, const EvaluationOptions& options, const Evaluation& evaluation)
      : problem_(problem), options_(options), all_(evaluation.times) {}

  archive::TableFile build(const std::string& command) {
    table_.title = problem_.description.title;
    table_.command = command;
    table_.attributes = {{"run", problem_.run->path()}, {"run_id", problem_.run->run_id()}};
    std::vector<double> times;
    for (const EvaluatedTime& at : all_) times.push_back(static_cast<double>(at.time));
    table_.axes.push_back({"time", "flow time", std::move(times)});
    add_numbers();
    add_layers();
    axis("output", "output of the network", problem_.objective->data().targets.rows());
    add_outputs("outputs", "outputs at the training samples", "sample", "training sample",
                &EvaluatedTime::outputs);
    if (!all_.empty() && all_.front().test_outputs.size() > 0)
      add_outputs("test_outputs", "outputs at the test samples", "test_sample", "test sample",
                  &EvaluatedTime::test_outputs);
    if (options_.inputs) add_points();
    add_eigenvalues();
    return std::move(table_);
  }

 private:
  void axis(const std::string& name, const std::string& long_name, Index size) {
    table_.axes.push_back({name, long_name, counted(size)});
  }

  void number(const std::string& name, const std::string& long_name, Real EvaluatedTime::*member) {
    archive::TableArray array{name, long_name, {"time"}, {}};
    for (const EvaluatedTime& at : all_) array.values.push_back(static_cast<double>(at.*member));
    table_.columns.push_back(std::move(array));
  }

  void add_numbers() {
    number("weights_error", "relative error that the integration from the last snapshot adds",
           &EvaluatedTime::error);
    number("loss", "training loss L(w)", &EvaluatedTime::loss);
    number("gradient_norm", "norm of the gradient of L", &EvaluatedTime::gradient_norm);
    if (problem_.description.test_sample_count == 0) return;
    number("test_loss", "mean loss on the test set", &EvaluatedTime::test_loss);
    number("test_error", "error on the test set", &EvaluatedTime::test_error);
  }

  void add_layers() {
    const Layout& layout = problem_.objective->network().layout();
    for (int l = 0; l < layout.layer_count(); ++l) {
      const std::string row = fmt::format("row_{}", l + 1), column = fmt::format("column_{}", l + 1);
      axis(row, fmt::format("row of W_{}", l + 1), layout.layer(l).rows);
      axis(column, fmt::format("column of W_{}", l + 1), layout.layer(l).cols);
      archive::TableArray array{fmt::format("weights_{}", l + 1),
                                fmt::format("weight matrix W_{}", l + 1),
                                {"time", row, column},
                                {}};
      for (const EvaluatedTime& at : all_) {
        const Matrix w = layout.matrix(at.weights, l);
        for (Index i = 0; i < w.rows(); ++i)
          for (Index j = 0; j < w.cols(); ++j) array.values.push_back(static_cast<double>(w(i, j)));
      }
      table_.columns.push_back(std::move(array));
    }
  }

  void add_outputs(const std::string& name, const std::string& long_name, const std::string& of,
                   const std::string& axis_name, Matrix EvaluatedTime::*member) {
    if (all_.empty()) return;
    axis(of, axis_name, (all_.front().*member).cols());
    archive::TableArray array{name, long_name, {"time", of, "output"}, {}};
    for (const EvaluatedTime& at : all_)
      for (Index i = 0; i < (at.*member).cols(); ++i)
        for (Index k = 0; k < (at.*member).rows(); ++k)
          array.values.push_back(static_cast<double>((at.*member)(k, i)));
    table_.columns.push_back(std::move(array));
  }

  void add_points() {
    const Matrix& inputs = *options_.inputs;
    add_outputs("point_outputs", "outputs at the inputs asked for", "point", "point", &EvaluatedTime::values);
    if (all_.empty()) axis("point", "point", inputs.cols());
    axis("input", "input coordinate", inputs.rows());
    archive::TableArray array{"inputs", "inputs asked for", {"point", "input"}, {}};
    for (Index i = 0; i < inputs.cols(); ++i)
      for (Index j = 0; j < inputs.rows(); ++j) array.values.push_back(static_cast<double>(inputs(j, i)));
    table_.columns.push_back(std::move(array));
  }

  void add_eigenvalues() {
    if (all_.empty() || all_.front().eigenvalues.size() == 0) return;
    const Index count = all_.front().eigenvalues.size();
    axis("eigenvalue", "position in the ascending spectrum", count);
    archive::TableArray array{
        "eigenvalues", "eigenvalues of the Hessian, ascending", {"time", "eigenvalue"}, {}};
    for (const EvaluatedTime& at : all_)
      for (Index k = 0; k < count; ++k) array.values.push_back(static_cast<double>(at.eigenvalues[k]));
    table_.columns.push_back(std::move(array));
  }

  const KktProblem& problem_;
  const EvaluationOptions& options_;
  const std::vector<EvaluatedTime>& all_;
  archive::TableFile table_;
};

std::string cell(Real x) { return std::isnan(x) ? "" : fmt::format("{}", static_cast<double>(x)); }

std::string numbers_csv(const Evaluation& evaluation) {
  std::string text = "time,weights_error,loss,gradient_norm,test_loss,test_error,lambda_min,lambda_max\n";
  constexpr Real unknown = std::numeric_limits<Real>::quiet_NaN();
  for (const EvaluatedTime& at : evaluation.times) {
    const bool known = at.eigenvalues.size() > 0;
    text += fmt::format("{},{},{},{},{},{},{},{}\n", cell(at.time), cell(at.error), cell(at.loss),
                        cell(at.gradient_norm), cell(at.test_loss), cell(at.test_error),
                        cell(known ? at.eigenvalues[0] : unknown),
                        cell(known ? at.eigenvalues[at.eigenvalues.size() - 1] : unknown));
  }
  return text;
}

std::string values_csv(const Matrix& inputs, const Evaluation& evaluation) {
  std::string text = "time";
  for (Index j = 0; j < inputs.rows(); ++j) text += fmt::format(",x{}", j + 1);
  const Index outputs = evaluation.times.empty() ? 0 : evaluation.times.front().values.rows();
  for (Index k = 0; k < outputs; ++k) text += fmt::format(",h{}", k + 1);
  text += "\n";
  for (const EvaluatedTime& at : evaluation.times)
    for (Index i = 0; i < inputs.cols(); ++i) {
      text += cell(at.time);
      for (Index j = 0; j < inputs.rows(); ++j) text += "," + cell(inputs(j, i));
      for (Index k = 0; k < outputs; ++k) text += "," + cell(at.values(k, i));
      text += "\n";
    }
  return text;
}

}  // namespace

archive::TableFile describe_evaluation(const KktProblem& problem, const EvaluationOptions& options,
                                       const Evaluation& evaluation, const std::string& command) {
  return EvaluationTable(problem, options, evaluation).build(command);
}

void write_evaluation_csv(const std::string& path, const EvaluationOptions& options,
                          const Evaluation& evaluation, ExistingFile existing) {
  write_output(path, options.inputs ? values_csv(*options.inputs, evaluation) : numbers_csv(evaluation),
               existing);
}

}  // namespace saddleflow
